"""IAM identities: no users, roles with a named principal, and no access to another system's secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.policy_documents import allows, conditions, is_for_everyone, statements, texts
from policies.aws.policy_statements import resources
from policies.generated.aws_types import iam, s3, secretsmanager
from policies.model.expectations import within
from policies.model.properties import Known, Properties, Unknown
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
from policies.rules.systems import SHARED_DATABASE

_WITHOUT_SOURCE = frozenset(
    {
        "backup.amazonaws.com",
        "ec2.amazonaws.com",
        "elasticbeanstalk.amazonaws.com",
        "lambda.amazonaws.com",
    }
)
"""Services that assume a role without a source in the request; the others say for which account they act."""

_SOURCES = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"})
_WHOLE_ACCOUNT = re.compile(r"\d{12}|arn:[\w-]+:iam::\d{12}:root")
_OBJECT = re.compile(r"arn:[\w-]+:s3:::(?P<bucket>[^/]+)/(?P<folder>[^/]+).*")


def _check_user(identity: Resource, _: Config) -> Findings:
    yield Violation(resource=identity, got="a password or key that never expires", expected="an iam.Role")


def _check_trust(role: Resource, _: Config) -> Findings:
    document = role.properties.read_json("assumeRolePolicy")
    if isinstance(document, Unknown):
        yield Undecided(resource=role, path="assumeRolePolicy")
    for index, statement in enumerate(statements(document)):
        if allows(statement):
            path = f"assume_role_policy.Statement[{index}]"
            for got, expected in _faults_of_trust(statement):
                yield Violation(resource=role, got=f"{path} that allows {got}", expected=expected, part=path)


def _faults_of_trust(statement: Properties) -> Iterator[tuple[str, str]]:
    """Principals that are too wide, each with what is expected instead."""
    if is_for_everyone(statement):
        yield "every AWS account", "named principals"
    principal = statement.read("Principal")
    keys = {key for _, key, _ in conditions(statement)}
    for account in sorted(texts(within(principal, "AWS"))):
        if _WHOLE_ACCOUNT.fullmatch(account) and not keys:
            yield f"everyone in {account}", "a condition, or one role of the account"
    for provider in sorted(texts(within(principal, "Federated"))):
        if not keys:
            yield f"every user of {provider}", "a condition on who the user is"
    for service in sorted(texts(within(principal, "Service")) - _WITHOUT_SOURCE):
        if not keys & _SOURCES:
            yield (
                f"{service} on behalf of any account",
                "a condition on aws:SourceAccount",
            )


def _check_isolation(policy: Resource, stack: Stack, config: Config) -> Findings:
    shared = set(config.get("sharedSystems", _SHARED_SYSTEMS))
    for role in policy.origin("role", iam.Role):
        own = role.tag("System")
        # By the origins of the document: the document itself is unknown until the ARNs in it are known.
        for secret in policy.origin("policy", secretsmanager.Secret):
            owner = secret.tag("System")
            if owner != own and owner not in shared:
                yield Violation(
                    resource=policy,
                    got=f"{secret} of {owner} for a role of {own}",
                    expected="only secrets of the same system and of shared ones",
                    part=secret.name,
                )
    document = policy.properties.read_json("policy")
    if isinstance(document, Unknown):
        yield Undecided(resource=policy, path="policy")
    folders = _folders(stack)
    for statement in filter(allows, statements(document)):
        for arn in resources(statement):
            match = _OBJECT.fullmatch(arn)
            own_folders = folders.get(match["bucket"]) if match else None
            if match and own_folders and match["folder"] not in own_folders:
                yield Violation(
                    resource=policy,
                    got=f"Resource={arn}, a folder of another environment",
                    expected=f"only the folder {' or '.join(sorted(own_folders))} of that bucket",
                    part=arn,
                )


def _folders(stack: Stack) -> dict[str, set[str]]:
    """The folders that the stack writes to, by bucket. Other environments have other folders in it."""
    folders: dict[str, set[str]] = {}
    for each in stack.of_type(s3.BucketObjectv2, s3.BucketObject):
        match each.properties.read("bucket"), each.properties.read("key"):
            case Known(str() as bucket), Known(str() as key):
                folders.setdefault(bucket, set()).add(key.partition("/")[0])
    return folders


_SHARED_SYSTEMS = (SHARED_DATABASE,)

IAM_NO_USERS = ResourceRule(
    id="iam-no-users",
    severity=Severity.HIGH,
    why="A user's password and keys are valid until they are deleted, and a role's credentials expire within hours.",
    fix="use a role, for servers an InstanceRole (components/shared); people sign in through the company's own login.",
    sources=Sources(fsbp=("IAM.2", "IAM.3", "IAM.22"), cis=("2.13", "2.16"), pci=("7.2.2", "8.6.1")),
    applies_to=(iam.User, iam.AccessKey, iam.UserLoginProfile),
    check=_check_user,
)

IAM_TRUST_SCOPED = ResourceRule(
    id="iam-trust-scoped",
    severity=Severity.HIGH,
    why="A principal that can assume a role has all its rights, and a service may assume it on behalf of another "
    "account.",
    fix="pass one service and the account_id that it acts for to components.shared.iam.assumable_by.",
    sources=Sources(pci=("7.2.1", "7.2.5"), other="AWS IAM, The confused deputy problem"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(iam.Role,),
    check=_check_trust,
)

ROLE_SITE_ISOLATION = StackRule(
    id="role-site-isolation",
    severity=Severity.HIGH,
    why="An intruder in one system or environment must not get the passwords of another.",
    fix="grant a role only its own system's secrets and its own environment's folder of the configuration bucket.",
    sources=Sources(pci=("7.2.1", "7.2.2", "6.5.3")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(iam.RolePolicy,),
    check=_check_isolation,
    config_schema=PolicyConfigSchema(
        properties={
            "sharedSystems": {
                "type": "array",
                "default": list(_SHARED_SYSTEMS),
                "items": {"type": "string", "minLength": 1},
            }
        }
    ),
)

RULES = (IAM_NO_USERS, IAM_TRUST_SCOPED, ROLE_SITE_ISOLATION)
