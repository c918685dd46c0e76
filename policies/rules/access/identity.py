"""IAM: who there is, who may take on which role, and whose secrets a role reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.documents import allows, conditions, is_for_everybody, statements, texts
from policies.aws.iam_grants import resources
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

_ON_THEIR_OWN = frozenset(
    {
        "backup.amazonaws.com",
        "ec2.amazonaws.com",
        "elasticbeanstalk.amazonaws.com",
        "lambda.amazonaws.com",
    }
)
"""Services whose documentation knows no source when they take on a role; the others say for whom they act."""

_SOURCES = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"})
_WHOLE_ACCOUNT = re.compile(r"\d{12}|arn:[\w-]+:iam::\d{12}:root")
_OBJECT = re.compile(r"arn:[\w-]+:s3:::(?P<bucket>[^/]+)/(?P<folder>[^/]+).*")


def _check_user(identity: Resource, _: Config) -> Findings:
    yield Violation(resource=identity, has="a password or key that never ends", must="a role in its place")


def _check_trust(role: Resource, _: Config) -> Findings:
    document = role.properties.read_json("assumeRolePolicy")
    if isinstance(document, Unknown):
        yield Undecided(resource=role, path="assumeRolePolicy")
    for index, statement in enumerate(statements(document)):
        if allows(statement):
            for has, must in _faults_of_trust(statement):
                yield Violation(resource=role, has=has, must=must, part=f"assumeRolePolicy.Statement[{index}]")


def _faults_of_trust(statement: Properties) -> Iterator[tuple[str, str]]:
    """What is wrong, and what is right, of who may take on a role."""
    if is_for_everybody(statement):
        yield "a trust policy that lets every account of AWS take it on", "principals by name"
    principal = statement.read("Principal")
    keys = {key for _, key, _ in conditions(statement)}
    for account in sorted(texts(within(principal, "AWS"))):
        if _WHOLE_ACCOUNT.fullmatch(account) and not keys:
            yield f"a trust policy that lets anybody in {account} take it on", "a condition, or one role of it"
    for provider in sorted(texts(within(principal, "Federated"))):
        if not keys:
            yield f"a trust policy that lets all whom {provider} knows take it on", "a condition on who they are"
    for service in sorted(texts(within(principal, "Service")) - _ON_THEIR_OWN):
        if not keys & _SOURCES:
            yield (
                f"a trust policy that lets {service} take it on, for whichever account it acts",
                "a condition on aws:SourceAccount",
            )


def _check_isolation(policy: Resource, stack: Stack, config: Config) -> Findings:
    shared = set(config.get("sharedSystems", _SHARED_SYSTEMS))
    for role in policy.origin("role", iam.Role):
        own = role.tag("System")
        # By what the document was made from: it is unknown itself as long as its ARNs are.
        for secret in policy.origin("policy", secretsmanager.Secret):
            owner = secret.tag("System")
            if owner != own and owner not in shared:
                yield Violation(
                    resource=policy,
                    has=f"{secret}, which is {owner}'s, for a role of {own}",
                    must="the secrets of its own system, and of what it shares, alone",
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
                    has=f"the right to {arn}, where other environments keep their passwords",
                    must=f"a right to the folder {' or '.join(sorted(own_folders))} of that bucket alone",
                    part=arn,
                )


def _folders(stack: Stack) -> dict[str, set[str]]:
    """The folders that the stack itself writes to, by bucket: other environments have theirs beside them."""
    folders: dict[str, set[str]] = {}
    for each in stack.of_type(s3.BucketObjectv2, s3.BucketObject):
        match each.properties.read("bucket"), each.properties.read("key"):
            case Known(str() as bucket), Known(str() as key):
                folders.setdefault(bucket, set()).add(key.partition("/")[0])
    return folders


_SHARED_SYSTEMS = ("shared-database",)

IAM_NO_USERS = ResourceRule(
    id="iam-no-users",
    severity=Severity.HIGH,
    why="A user's password and keys hold until somebody remembers them; a role's end by themselves within hours.",
    fix="make a role, for servers an InstanceRole (components/shared); people come through the company's own login.",
    sources=Sources(fsbp=("IAM.2", "IAM.3", "IAM.22"), cis=("2.13", "2.16"), pci=("7.2.2", "8.6.1")),
    applies_to=(iam.User, iam.AccessKey, iam.UserLoginProfile),
    check=_check_user,
)

IAM_TRUST_SCOPED = ResourceRule(
    id="iam-trust-scoped",
    severity=Severity.HIGH,
    why="Who may take on a role has all that it may do, and a service may act for a stranger who names the role.",
    fix="give components.shared.iam.assumable_by one service and the account_id that it acts for.",
    sources=Sources(pci=("7.2.1", "7.2.5"), other="AWS IAM, The confused deputy problem"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(iam.Role,),
    check=_check_trust,
)

ROLE_SITE_ISOLATION = StackRule(
    id="role-site-isolation",
    severity=Severity.HIGH,
    why="A system that is broken into must not hand out the passwords of the others, nor one environment another's.",
    fix="grant a role the secrets of its own system, and its own environment's folder of the configuration bucket.",
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
