"""Releases: their role may do what ``./shop release`` does, and instances run the stack's own commands only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from pulumi_policy import Severity

from policies.aws.policy_documents import allows, statements
from policies.aws.policy_statements import GRANTING, actions, of_each_grant, resources
from policies.generated.aws_types import iam
from policies.model.properties import Properties, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import (
    Config,
    Findings,
    OnUnknown,
    ResourceRule,
    Sources,
    StackRule,
    Undecided,
    Violation,
)
from policies.rules.systems import RELEASES

LISTED = frozenset(
    {
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:ResumeProcesses",
        "autoscaling:SuspendProcesses",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
        "cloudformation:CancelUpdateStack",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResource",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
        "cloudformation:ListStackResources",
        "cloudformation:UpdateStack",
        "cloudwatch:DescribeAlarms",
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "ec2:DescribeKeyPairs",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "elasticbeanstalk:CreateApplicationVersion",
        "elasticbeanstalk:DescribeApplicationVersions",
        "elasticbeanstalk:DescribeConfigurationSettings",
        "elasticbeanstalk:DescribeEnvironmentResources",
        "elasticbeanstalk:DescribeEnvironments",
        "elasticbeanstalk:DescribeEvents",
        "elasticbeanstalk:DescribeInstancesHealth",
        "elasticbeanstalk:RequestEnvironmentInfo",
        "elasticbeanstalk:RetrieveEnvironmentInfo",
        "elasticbeanstalk:UpdateEnvironment",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RegisterTargets",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "rds:AddTagsToResource",
        "rds:CreateDBSnapshot",
        "rds:DescribeDBInstances",
        "rds:DescribeDBSnapshots",
        "s3:AbortMultipartUpload",
        "s3:CreateBucket",
        "s3:DeleteObject",
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecrets",
        "sns:Publish",
        "ssm:GetCommandInvocation",
        "ssm:SendCommand",
    }
)
"""What the release tool calls, and what Elastic Beanstalk does with the rights of its caller. The program has the same
list, and a test holds them equal: a right more is added in two places, by somebody who means it."""


_SEND = "ssm:SendCommand"
_DOCUMENT = re.compile(r"arn:[\w*-]+:ssm:[\w*-]*:(?P<account>[\w*?]*):document/(?P<name>.+)")
"""AWS's own documents are of no account."""


def _check_release_role(grant: Resource, _stack: Stack, _config: Config) -> Findings:
    if not any(role.tag("System") == RELEASES for role in grant.origin("role", iam.Role)):
        return
    if grant.is_a(iam.RolePolicyAttachment):
        yield Violation(
            resource=grant,
            got="a managed policy for the role that releases",
            expected="its own policy alone",
        )
        return
    document = grant.properties.read_json("policy")
    if isinstance(document, Unknown):
        yield Undecided(resource=grant, path="policy")
    for action in sorted({each for statement in filter(allows, statements(document)) for each in actions(statement)}):
        yield from _unlisted(grant, action)


def _unlisted(grant: Resource, action: str) -> Iterator[Violation]:
    if action not in LISTED:
        yield Violation(
            resource=grant,
            got=f"Action={action} for the role that releases",
            expected="an action that ./shop release needs",
            part=f"Action {action}",
        )


def _check_documents(resource: Resource, statement: Properties) -> Findings:
    """``*`` is left to iam-no-admin."""
    patterns = [action.lower() for action in actions(statement) if action not in ("*", "*:*")]
    if not any(fnmatchcase(_SEND.lower(), pattern) for pattern in patterns):
        return
    for arn in resources(statement):
        document = _DOCUMENT.fullmatch(arn)
        if arn == "*" or (document and (not document["account"].isdecimal() or document["name"][0] in "*?")):
            yield Violation(
                resource=resource,
                got=f"Action={_SEND} on Resource={arn}",
                expected="documents of this account, by name",
                part=f"Resource {arn} of {_SEND}",
            )


RELEASE_ROLE_LISTED = StackRule(
    id="release-role-listed",
    severity=Severity.HIGH,
    why="CI and every user of Rundeck's jobs can use what the role that releases may do.",
    fix="remove the action from components/site/release_rights.py, or add it to LISTED in "
    "policies/rules/access/release_role.py if the release tool calls it.",
    sources=Sources(fsbp=("IAM.21",), pci=("7.2.1", "7.2.2")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(iam.RolePolicy, iam.RolePolicyAttachment),
    check=_check_release_role,
)

SSM_OWN_DOCUMENTS = ResourceRule(
    id="ssm-own-documents",
    severity=Severity.HIGH,
    why="With one of AWS's own documents, such as AWS-RunShellScript, who may send commands is root on the instances.",
    fix="send a document of the stack's, with typed parameters: components/site/release_documents.py.",
    sources=Sources(pci=("7.2.1", "7.2.2"), other="AWS Systems Manager, Restricting access to Run Command"),
    on_unknown=OnUnknown.DEFER,
    applies_to=GRANTING,
    check=of_each_grant(_check_documents),
)

RULES = (RELEASE_ROLE_LISTED, SSM_OWN_DOCUMENTS)
