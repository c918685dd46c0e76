"""Releases: their role may do what ``./shop release`` does, and instances run the stack's own commands only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from pulumi_policy import Severity

from policies.aws.policy_documents import allows, statements
from policies.aws.policy_statements import GRANTING, actions, of_each_grant, resources
from policies.generated.aws_types import iam, rds
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

REFRESHING = frozenset(
    {
        "kms:CreateGrant",
        "kms:DescribeKey",
        "rds:DeleteDBInstance",
        "rds:DeleteDBSnapshot",
        "rds:RestoreDBInstanceFromDBSnapshot",
    }
)
"""What a refresh calls beside that, to make and remove a copy of another stack's database. The role of a stack with a
protected database has none of it: that database is not there to be replaced. A test holds this list equal too."""

_DELETING = ("rds:DeleteDBInstance", "rds:DeleteDBSnapshot")
_SEND = "ssm:SendCommand"
_DOCUMENT = re.compile(r"arn:[\w*-]+:ssm:[\w*-]*:(?P<account>[\w*?]*):document/(?P<name>.+)")
"""AWS's own documents are of no account."""


def _check_release_role(grant: Resource, stack: Stack, _config: Config) -> Findings:
    if not any(role.tag("System") == RELEASES for role in grant.origin("role", iam.Role)):
        return
    is_attached = grant.is_a(iam.RolePolicyAttachment)
    policies = grant.origin("policyArn", iam.Policy) if is_attached else (grant,)
    if not policies:
        yield Violation(
            resource=grant,
            got="a managed policy for the role that releases",
            expected="only policies of this stack, whose actions can be read",
        )
    refreshes = not any(map(_is_protected, stack.of_type(rds.Instance)))
    for policy in policies:
        document = policy.properties.read_json("policy")
        if isinstance(document, Unknown):
            yield Undecided(resource=grant, path="policyArn" if is_attached else "policy")
        yield from _unneeded(
            grant, tuple(filter(allows, statements(document))), LISTED | REFRESHING if refreshes else LISTED
        )


def _is_protected(database: Resource) -> bool:
    """Whether RDS refuses to delete it. One of which nobody knows yet counts as protected."""
    properties = database.properties
    return isinstance(properties.read("deletionProtection"), Unknown) or properties.is_true("deletionProtection")


def _unneeded(grant: Resource, allowing: Sequence[Properties], listed: frozenset[str]) -> Iterator[Violation]:
    for action in sorted({each for statement in allowing for each in actions(statement)}):
        yield from _unlisted(grant, action, listed)
    for statement in allowing:
        yield from _unnamed(grant, statement)


def _unnamed(grant: Resource, statement: Properties) -> Iterator[Violation]:
    """What is deleted has a name."""
    for action in sorted(set(_DELETING) & set(actions(statement))):
        for arn in resources(statement):
            if "*" in arn or "?" in arn:
                yield Violation(
                    resource=grant,
                    got=f"Action={action} on Resource={arn} for the role that releases",
                    expected="one copy or snapshot, by its name",
                    part=f"Resource {arn} of {action}",
                )


def _unlisted(grant: Resource, action: str, listed: frozenset[str]) -> Iterator[Violation]:
    if action not in listed:
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
    fix="remove the action from components/site/release_rights.py or refresh_rights.py, or add it to the lists in "
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
