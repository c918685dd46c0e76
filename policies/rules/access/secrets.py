"""Secrets and keys: not in plain text, not shared with everyone, and not deleted by accident."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_policy import Severity

from policies.aws.credentials import credentials_in, is_reference, is_secret_name
from policies.aws.policy_statements import not_public
from policies.generated.aws_types import ec2, elasticbeanstalk, kms, secretsmanager, ssm
from policies.model.expectations import accepted, is_, require, spelled
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource
from policies.model.rule import EVERY_TYPE, Config, Findings, OnUnknown, ResourceRule, Sources, Undecided, Violation

_ALWAYS_SECRET = frozenset({"secretString", "secretBinary"})
_FILES = frozenset({"content", "contentBase64"})
"""They may hold anything, so an unknown one is not accepted."""
_ELSEWHERE = {
    ec2.Instance: ("userData", "userDataBase64"),
    ec2.LaunchTemplate: ("userData",),
    elasticbeanstalk.Environment: ("settings",),
}
"""Properties that other rules check: see ``servers.py`` and ``beanstalk.py``."""
_NAMES_OF_VALUES = ("name", "key", "headerName")
"""Keys that hold the name of a ``value`` in a list of pairs."""

_RECOVERY_DAYS = 7
"""The shortest that Secrets Manager offers, except for none."""
_DELETION_DAYS = 14
"""KMS offers 7 to 30. 14 days are longer than most holidays."""


def _check_plaintext(resource: Resource, _: Config) -> Findings:
    elsewhere = _ELSEWHERE.get(resource.token, ())
    leaves = [leaf for leaf in resource.properties.leaves() if not leaf[0].startswith(elsewhere)]
    pairs = _names_of_values(leaves)
    for path, reading in leaves:
        name = path.rpartition(".")[2]
        is_secret = name in _ALWAYS_SECRET or is_secret_name(pairs.get(path, name))
        match reading:
            case Known(str() as text, secret=False):
                if is_secret and not is_reference(text):
                    yield _plain(resource, path, f"a value in {spelled(path)} that is not marked as secret")
                else:
                    for kind in credentials_in(text):
                        yield _plain(resource, path, f"{kind} in plain text in {spelled(path)}")
            case Unknown(secret=False) if is_secret or name in _FILES:
                yield Undecided(resource=resource, path=path)


def _names_of_values(leaves: Iterable[tuple[str, Reading]]) -> dict[str, str]:
    """The name beside each ``value`` of a list of pairs, by the value's path."""
    return {
        f"{path.rpartition('.')[0]}.value": reading.value
        for path, reading in leaves
        if path.rpartition(".")[2] in _NAMES_OF_VALUES and isinstance(reading, Known) and isinstance(reading.value, str)
    }


def _plain(resource: Resource, path: str, got: str) -> Violation:
    return Violation(resource=resource, got=got, expected="a secret value", part=spelled(path))


def _check_parameter(parameter: Resource, _: Config) -> Findings:
    yield from is_(parameter, "type", "SecureString")
    if parameter.properties.read("insecureValue") != Absent():
        yield Violation(resource=parameter, got="insecure_value", expected="value", part="insecure_value")


def _check_recovery_window(secret: Resource, _: Config) -> Findings:
    yield from _at_least_days(secret, "recoveryWindowInDays", _RECOVERY_DAYS)


def _check_deletion_window(key: Resource, _: Config) -> Findings:
    yield from _at_least_days(key, "deletionWindowInDays", _DELETION_DAYS)


def _at_least_days(resource: Resource, path: str, days: int) -> Findings:
    # Both services' default is 30 days.
    yield from accepted(
        resource,
        path,
        resource.properties.read(path),
        lambda found: found >= days,
        f"{days} or more",
        absent_is_accepted=True,
    )


def _check_shared(document: Resource, _: Config) -> Findings:
    yield from accepted(
        document,
        "permissions.account_ids",
        document.properties.read("permissions", "account_ids"),
        lambda found: str(found).lower() != "all",
        "account numbers",
        absent_is_accepted=True,
    )


NO_PLAINTEXT_SECRETS = ResourceRule(
    id="no-plaintext-secrets",
    severity=Severity.CRITICAL,
    why="A plain-text secret in a resource is also in the state, in every preview and in the AWS console.",
    fix="put the value into components.shared.secret.Secret and let the server read it from there, or pass it as "
    "pulumi.Output.secret(...); remove it from the repository and change it, because it is no longer secret.",
    sources=Sources(pci=("8.3.2", "8.6.2"), other="AWS Well-Architected Framework, SEC02-BP03"),
    on_unknown=OnUnknown.DEFER,
    applies_to=EVERY_TYPE,
    check=_check_plaintext,
)

SSM_SECURE_STRING = ResourceRule(
    id="ssm-secure-string",
    severity=Severity.MEDIUM,
    why="Anyone who may list parameters can read one that is not encrypted.",
    fix='set type="SecureString" and value, not insecure_value.',
    sources=Sources(pci=("3.5.1", "8.3.2"), other="AWS Systems Manager Parameter Store"),
    applies_to=(ssm.Parameter,),
    check=_check_parameter,
)

SECRET_RECOVERY_WINDOW = ResourceRule(
    id="secret-recovery-window",
    severity=Severity.MEDIUM,
    why="If a secret is deleted immediately, everything that only it can open is lost.",
    fix="leave recovery_window_in_days out, or set 7 to 30.",
    sources=Sources(other="AWS Secrets Manager, Delete an AWS Secrets Manager secret"),
    production_only=True,
    applies_to=(secretsmanager.Secret,),
    check=_check_recovery_window,
)

SECRET_NOT_PUBLIC = ResourceRule(
    id="secret-not-public",
    severity=Severity.HIGH,
    why="A secret's own policy can make it readable by every AWS account.",
    fix="name the roles that read the secret in Principal, or leave the policy out and grant access in IAM.",
    sources=Sources(pci=("7.2.1", "8.3.2"), other="AWS Secrets Manager, Resource-based policies"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(secretsmanager.Secret, secretsmanager.SecretPolicy),
    check=not_public,
)

SSM_DOCUMENT_PRIVATE = ResourceRule(
    id="ssm-document-private",
    severity=Severity.HIGH,
    why="A public document shows every AWS account how the servers are run.",
    fix='remove permissions, or name accounts in account_ids instead of "All".',
    sources=Sources(fsbp=("SSM.4",), pci=("7.2.1",)),
    applies_to=(ssm.Document,),
    check=_check_shared,
)

KMS_ROTATION = ResourceRule(
    id="kms-rotation",
    severity=Severity.MEDIUM,
    why="The longer one key is in use, the more data is exposed if it leaks.",
    fix="set enable_key_rotation=True.",
    sources=Sources(fsbp=("KMS.4",), cis=("4.6",), pci=("3.7.4",)),
    applies_to=(kms.Key,),
    check=require("enableKeyRotation", True),
)

KMS_DELETION_WINDOW = ResourceRule(
    id="kms-deletion-window",
    severity=Severity.MEDIUM,
    why="When a key is deleted, everything that it encrypted is lost, including backups, and only the window allows a "
    "recovery.",
    fix="leave deletion_window_in_days out, or set 14 to 30.",
    sources=Sources(fsbp=("KMS.3",)),
    applies_to=(kms.Key,),
    check=_check_deletion_window,
)

KMS_NOT_PUBLIC = ResourceRule(
    id="kms-not-public",
    severity=Severity.CRITICAL,
    why="Data that is encrypted with a key for everyone is not protected.",
    fix="name the account's root in Principal and grant access in IAM; for services, add a condition on "
    "aws:SourceAccount.",
    sources=Sources(fsbp=("KMS.5",), pci=("3.6.1", "7.2.1")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(kms.Key, kms.KeyPolicy),
    check=not_public,
)

RULES = (
    NO_PLAINTEXT_SECRETS,
    SSM_SECURE_STRING,
    SECRET_RECOVERY_WINDOW,
    SECRET_NOT_PUBLIC,
    SSM_DOCUMENT_PRIVATE,
    KMS_ROTATION,
    KMS_DELETION_WINDOW,
    KMS_NOT_PUBLIC,
)
