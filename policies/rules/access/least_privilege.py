"""IAM policies: a role gets only the actions and resources that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pulumi_policy import Severity

from policies.aws.policy_documents import conditions
from policies.aws.policy_statements import GRANTING, actions, is_all_of_a_kind, is_everything, of_each_grant, resources
from policies.generated.aws_types import iam
from policies.model.properties import Absent, Known, Properties, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, Undecided, Violation

_ADMINISTRATION = ("AdministratorAccess", "IAMFullAccess")
"""AWS's managed policies that give administrator rights, directly or with one more call."""

_ESCALATIONS = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)
"""With each of them an identity can give itself any right."""
_ROLE_ACTIONS = ("iam:PassRole", "sts:AssumeRole")
"""Harmless for named roles, and an escalation for all roles."""

_READS_ONLY = ("Describe", "List")
_WITHOUT_RESOURCES = frozenset(
    {
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:PutMetricData",
        "ec2messages:*",
        "ecr:GetAuthorizationToken",
        "ssm:GetCommandInvocation",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:*",
        "sts:GetCallerIdentity",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
"""Actions that AWS cannot limit to a resource ("Service Authorization Reference")."""


def _is_admin(statement: Properties) -> bool:
    return bool({"*", "*:*"} & set(actions(statement))) and any(map(is_everything, resources(statement)))


def _check_admin(resource: Resource, statement: Properties) -> Findings:
    if _is_admin(statement):
        yield Violation(
            resource=resource,
            got="a statement that allows every action on every resource",
            expected="only the actions and ARNs that are needed",
            part="Action *",
        )


def _check_attachments(resource: Resource, config: Config) -> Findings:
    if resource.is_a(*GRANTING):
        yield from of_each_grant(_check_admin)(resource, config)
    readings = [resource.properties.read("policyArn"), *resource.properties.each("managedPolicyArns")]
    for reading in readings:
        match reading:
            case Known(str() as arn) if arn.rpartition("/")[2] in _ADMINISTRATION:
                yield Violation(
                    resource=resource,
                    got=f"the managed policy {arn.rpartition('/')[2]}",
                    expected="a policy with only the actions that are needed",
                    part=arn,
                )
            case Unknown():
                yield Undecided(resource=resource, path="policyArn")


def _check_wildcards(resource: Resource, statement: Properties) -> Findings:
    if _is_admin(statement):
        return
    for key in ("NotAction", "NotResource"):
        if statement.read(key) != Absent():
            yield Violation(
                resource=resource,
                got=f"{key}, which allows everything that it does not name",
                expected=key.removeprefix("Not"),
                part=key,
            )
    for action in actions(statement):
        service, _, operation = action.partition(":")
        if action in _WITHOUT_RESOURCES:
            continue
        if service == "*" or operation == "*":
            yield Violation(
                resource=resource,
                got=f"Action={action}",
                expected="only the actions that are needed, by name",
                part=f"Action {action}",
            )
        elif not operation.startswith(_READS_ONLY):
            for arn in filter(is_everything, resources(statement)):
                yield Violation(
                    resource=resource,
                    got=f"Action={action} on Resource={arn}",
                    expected="only the ARNs that are needed",
                    part=f"Resource {arn} of {action}",
                )


def _check_escalation(resource: Resource, statement: Properties) -> Findings:
    on_all = any(map(is_all_of_a_kind, resources(statement)))
    known = (*_ESCALATIONS, *_ROLE_ACTIONS) if on_all else _ESCALATIONS
    for action in _granted(statement, known):
        yield Violation(
            resource=resource,
            got=f"Action={action}{' on every role' if action in _ROLE_ACTIONS else ''}, which can grant any right",
            expected="named roles" if action in _ROLE_ACTIONS else "no such action",
            part=f"Action {action}",
        )


def _granted(statement: Properties, known: tuple[str, ...]) -> Iterator[str]:
    """The known actions that the statement's actions match. ``*`` is left to iam-no-admin."""
    patterns = [action.lower() for action in actions(statement) if action not in ("*", "*:*")]
    return (each for each in known if any(fnmatchcase(each.lower(), pattern) for pattern in patterns))


def _check_secrets(resource: Resource, statement: Properties) -> Findings:
    reading = (
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
    )
    if not _is_limited_by_tag(statement):
        yield from _check_named(resource, statement, reading, "the secrets that are needed")


def _check_keys(resource: Resource, statement: Properties) -> Findings:
    yield from _check_named(resource, statement, ("kms:Decrypt", "kms:ReEncryptFrom"), "the keys that are needed")


def _is_limited_by_tag(statement: Properties) -> bool:
    """Whether it is limited to resources with certain tags: those of one stack, say."""
    return any(
        ":resourcetag/" in key and operator == "StringEquals" and not any("*" in value for value in values)
        for operator, key, values in conditions(statement)
    )


def _check_named(resource: Resource, statement: Properties, known: tuple[str, ...], expected: str) -> Findings:
    for arn in filter(is_all_of_a_kind, resources(statement)):
        for action in _granted(statement, known):
            yield Violation(
                resource=resource,
                got=f"Action={action} on Resource={arn}",
                expected=f"only ARNs of {expected}",
                part=f"Resource {arn} of {action}",
            )


IAM_NO_ADMIN = ResourceRule(
    id="iam-no-admin",
    severity=Severity.CRITICAL,
    why="One vulnerability in one server with an administrator's role gives an attacker the whole account.",
    fix="grant named actions on named ARNs, with components.shared.iam.allow.",
    sources=Sources(fsbp=("IAM.1",), cis=("2.14",), pci=("7.2.1", "7.2.2")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(
        *GRANTING,
        iam.RolePolicyAttachment,
        iam.PolicyAttachment,
        iam.UserPolicyAttachment,
        iam.GroupPolicyAttachment,
    ),
    check=_check_attachments,
)

IAM_NO_SERVICE_WILDCARD = ResourceRule(
    id="iam-no-service-wildcard",
    severity=Severity.HIGH,
    why="A wildcard also grants the actions that AWS adds to the service later.",
    fix="name each action and each ARN, with components.shared.iam.allow; only Describe, List and actions that AWS "
    "cannot limit to a resource may be on every resource.",
    sources=Sources(fsbp=("IAM.21",), pci=("7.2.1", "7.2.2")),
    on_unknown=OnUnknown.DEFER,
    applies_to=GRANTING,
    check=of_each_grant(_check_wildcards),
)

IAM_NO_ESCALATION = ResourceRule(
    id="iam-no-escalation",
    severity=Severity.HIGH,
    why="An identity that may change policies or pass any role can give itself every right.",
    fix="leave changes of IAM to the stack, and name the role in Resource for iam:PassRole and sts:AssumeRole.",
    sources=Sources(pci=("7.2.1", "7.2.2"), other="AWS, Grant a user permissions to pass a role to an AWS service"),
    on_unknown=OnUnknown.DEFER,
    applies_to=GRANTING,
    check=of_each_grant(_check_escalation),
)

IAM_NAMED_SECRETS = ResourceRule(
    id="iam-named-secrets",
    severity=Severity.HIGH,
    why="An intruder in a server that may read all secrets gets every password.",
    fix="name the ARNs of the role's secrets in Resource, or limit them by tags in a condition.",
    sources=Sources(
        pci=("7.2.2", "8.6.2"), other="AWS Secrets Manager, Authentication and access control for AWS Secrets Manager"
    ),
    on_unknown=OnUnknown.DEFER,
    applies_to=GRANTING,
    check=of_each_grant(_check_secrets),
)

IAM_NAMED_KEYS = ResourceRule(
    id="iam-named-keys",
    severity=Severity.MEDIUM,
    why="A role that may decrypt with every key defeats the separation of the keys.",
    fix="name the stack's key in Resource.",
    sources=Sources(fsbp=("KMS.1", "KMS.2"), pci=("3.5.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=GRANTING,
    check=of_each_grant(_check_keys),
)

RULES = (IAM_NO_ADMIN, IAM_NO_SERVICE_WILDCARD, IAM_NO_ESCALATION, IAM_NAMED_SECRETS, IAM_NAMED_KEYS)
