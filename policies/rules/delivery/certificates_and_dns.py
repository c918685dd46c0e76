"""Certificates that AWS can renew, and DNS records that point only at the stack's own resources."""

from __future__ import annotations

from ipaddress import ip_address

from pulumi_policy import Severity

from policies.generated.aws_types import acm, route53
from policies.model.expectations import is_, one_of
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_STRONG_KEYS = ("RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
_ADDRESSES = ("A", "AAAA")
# Names that AWS gives to the next customer once their owner has deleted them.
_RECLAIMED = (".amazonaws.com", ".cloudfront.net", ".elasticbeanstalk.com", ".awsglobalaccelerator.com")


def _is_imported(certificate: Resource) -> bool:
    return not isinstance(certificate.properties.read("privateKey"), Absent)


def _check_renewal(certificate: Resource, _: Config) -> Findings:
    if _is_imported(certificate):
        yield Violation(
            resource=certificate, got="an imported certificate", expected="validation_method=DNS", part="private_key"
        )
    else:
        yield from is_(certificate, "validationMethod", "DNS")


def _check_records(certificate: Resource, stack: Stack, _: Config) -> Findings:
    if certificate.properties.read("validationMethod") != Known("DNS"):
        return
    names = ("records", "name", "type")
    if not any(True for name in names for _ in stack.from_origin(route53.Record, name, certificate)):
        yield Violation(
            resource=certificate,
            got="no route53.Record from its domain_validation_options",
            expected="one",
        )


def _check_key(certificate: Resource, _: Config) -> Findings:
    reading = certificate.properties.read("keyAlgorithm")
    # AWS's default is RSA_2048, and its services refuse weaker imported ones.
    if not isinstance(reading, Absent):
        yield from one_of(certificate, "keyAlgorithm", reading, _STRONG_KEYS)


def _check_replacement(certificate: Resource, _: Config) -> Findings:
    if certificate.delete_before_replace:
        yield Violation(resource=certificate, got="delete_before_replace=True", expected="False")


def _check_record(record: Resource, _stack: Stack, _: Config) -> Findings:
    zones = record.origin("zoneId", route53.Zone)
    # A zone of another stack has names of resources that are not seen here, and a private zone answers only its VPCs.
    if not zones or all(any(True for _ in zone.properties.each("vpcs")) for zone in zones):
        return
    if not record.origins.get("aliases"):
        yield from _check_alias(record)
    # A value that was taken from a resource changes with that resource.
    if not record.origins.get("records"):
        yield from _check_values(record)


def _check_alias(record: Resource) -> Findings:
    for index, alias in enumerate(record.properties.each("aliases")):
        path = f"aliases[{index}]"
        match alias:
            case Known(properties) if isinstance(properties.read("name"), Known):
                yield _dangling(record, path, f"{path}.name={properties.read('name').value}")
            case _:
                yield Undecided(resource=record, path=path)


def _check_values(record: Resource) -> Findings:
    for index, reading in enumerate(record.properties.each("records")):
        path = f"records[{index}]"
        match reading, record.properties.read("type"):
            case Known(value), Known(kind) if kind in _ADDRESSES and _is_public(str(value)):
                yield _dangling(record, path, f"{path}={value}")
            case Known(value), Known("CNAME") if str(value).rstrip(".").lower().endswith(_RECLAIMED):
                yield _dangling(record, path, f"{path}={value}")
            case Unknown(), _:
                yield Undecided(resource=record, path=path)


def _is_public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        # AWS refuses a text that is not an address.
        return False


def _dangling(record: Resource, path: str, got: str) -> Violation:
    return Violation(resource=record, got=got, expected="a value from a resource of this stack", part=path)


ACM_DNS_VALIDATED = ResourceRule(
    id="acm-dns-validated",
    severity=Severity.HIGH,
    why="AWS cannot renew an imported certificate, or one that is validated by e-mail, so it expires if it is "
    "forgotten.",
    fix='request it with domain_name and validation_method="DNS", and leave private_key out.',
    sources=Sources(fsbp=("ACM.1",), pci=("4.2.1.1",)),
    applies_to=(acm.Certificate,),
    check=_check_renewal,
)

ACM_VALIDATION_RECORDS = StackRule(
    id="acm-validation-records-present",
    severity=Severity.HIGH,
    why="Certificate Manager checks the record at each renewal, and without it the certificate expires.",
    fix="add a route53.Record for each of domain_validation_options, and keep it.",
    sources=Sources(fsbp=("ACM.1",), other='"AWS Certificate Manager DNS validation"'),
    applies_to=(acm.Certificate,),
    check=_check_records,
)

ACM_KEY_STRENGTH = ResourceRule(
    id="acm-key-strength",
    severity=Severity.MEDIUM,
    why="An attacker can compute a key of 1024 bits from the certificate, and read all traffic.",
    fix='set key_algorithm="RSA_2048" or stronger.',
    sources=Sources(fsbp=("ACM.2",), pci=("4.2.1",)),
    applies_to=(acm.Certificate,),
    check=_check_key,
)

ACM_NO_DELETE_BEFORE_REPLACE = ResourceRule(
    id="acm-no-delete-before-replace",
    severity=Severity.MEDIUM,
    why="AWS refuses to delete a certificate that is in use, so the update would stop half-way.",
    fix="leave delete_before_replace out of the certificate's options.",
    sources=Sources(other='"Delete certificates managed by AWS Certificate Manager"'),
    applies_to=(acm.Certificate,),
    check=_check_replacement,
)

R53_NO_DANGLING = StackRule(
    id="r53-no-dangling",
    severity=Severity.HIGH,
    why="A record that points at an address or a resource that was given up serves the next owner's content.",
    fix="take records and aliases from the resource itself, such as its dns_name or public_ip.",
    sources=Sources(other='"Protection from dangling DNS records"'),
    on_unknown=OnUnknown.DEFER,
    applies_to=(route53.Record,),
    check=_check_record,
)

RULES = (
    ACM_DNS_VALIDATED,
    ACM_VALIDATION_RECORDS,
    ACM_KEY_STRENGTH,
    ACM_NO_DELETE_BEFORE_REPLACE,
    R53_NO_DANGLING,
)
