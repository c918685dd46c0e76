"""RDS: a database is private and encrypted, requires TLS, and keeps its password secret."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, Severity

from policies.aws.ingress import Ingress, ingress_of
from policies.aws.private_subnets import in_subnet_group
from policies.generated.aws_types import ec2, rds
from policies.model.expectations import accepted, is_, require, within
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_MYSQL_PORT = 3306
_TLS_PARAMETERS = {
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
    "postgres": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
}
"""The parameter that makes an engine refuse connections without TLS, by the beginning of the engine's name."""
_ON = frozenset({"1", "on", "true"})
_DEFAULT_ADMINISTRATORS = frozenset({"admin", "administrator", "awsuser", "mysql", "postgres", "root"})
# The authorities of 2024 and later ("Using SSL/TLS to encrypt a connection to a DB instance"). rds-ca-2019 expired.
_AUTHORITIES = frozenset({"rds-ca-ecc384-g1", "rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1"})
_COPIED_FROM = ("replicateSourceDb", "snapshotIdentifier", "restoreToPointInTime")
"""Properties that give a database its user and password in place of the program."""


def _check_flag(database: Resource, _: Config) -> Findings:
    # AWS's default depends on the subnet group, so an absent value is not accepted.
    yield from is_(database, "publiclyAccessible", False)


def _check_subnets(database: Resource, stack: Stack, _: Config) -> Findings:
    yield from in_subnet_group(stack, database, "dbSubnetGroupName", rds.SubnetGroup)


def _check_ingress(database: Resource, stack: Stack, _: Config) -> Findings:
    groups = database.origin("vpcSecurityGroupIds", ec2.SecurityGroup)
    if not groups:
        yield Violation(
            resource=database,
            got="no security group of this stack in vpc_security_group_ids",
            expected="one",
        )
    port = _port(database.properties.read("port"))
    for group in groups:
        for rule in ingress_of(stack, group):
            if rule.covers(port):
                yield from _check_rule(rule, port)


def _port(reading: Reading) -> int:
    match reading:
        case Known(int() | float() as number):
            return int(number)
    return _MYSQL_PORT


def _check_rule(rule: Ingress, port: int) -> Findings:
    for reading in (*rule.cidrs, *rule.prefix_lists):
        match reading:
            case Known(value):
                yield Violation(
                    resource=rule.declared_by,
                    got=f"an ingress rule for port {port} of a database from {value}",
                    expected="a security group as the source",
                )
            case _:
                yield Undecided(resource=rule.declared_by, path=rule.at("cidr"))


def _check_password(database: Resource, _: Config) -> Findings:
    properties = database.properties
    elsewhere = ("manageMasterUserPassword", "passwordWo", *_COPIED_FROM)
    if any(properties.read(each) not in (Absent(), Known(False)) for each in elsewhere):
        return
    expected = "a secret, or manage_master_user_password=True"
    match properties.read("password"):
        case Known(secret=False):
            yield Violation(resource=database, got="a password in plain text", expected=expected, part="password")
        case Absent():
            yield Violation(resource=database, got="no password", expected=expected, part="password")
        case Unknown(secret=False):
            yield Undecided(resource=database, path="password")


def _check_user(database: Resource, _: Config) -> Findings:
    yield from accepted(
        database,
        "username",
        database.properties.read("username"),
        lambda name: str(name).lower() not in _DEFAULT_ADMINISTRATORS,
        "a name that is not a default",
        # Only a copy has none: it gets its source's.
        absent_is_accepted=True,
    )


def _check_authority(database: Resource, _: Config) -> Findings:
    yield from accepted(
        database,
        "caCertIdentifier",
        database.properties.read("caCertIdentifier"),
        lambda name: name in _AUTHORITIES,
        " or ".join(sorted(_AUTHORITIES)),
        # AWS's default is one of them.
        absent_is_accepted=True,
    )


def _check_tls(database: Resource, _stack: Stack, _config: Config) -> Findings:
    match database.properties.read("engine"):
        case Known(str() as engine):
            names = [name for prefix, name in _TLS_PARAMETERS.items() if engine.startswith(prefix)]
        case _:
            yield Undecided(resource=database, path="engine")
            return
    if not names:
        return
    groups = database.origin("parameterGroupName", rds.ParameterGroup)
    if not groups:
        yield Violation(
            resource=database,
            got="no parameter group of this stack in parameter_group_name",
            expected=f"one with {names[0]}=1",
        )
    for group in groups:
        yield from _check_parameter(group, names[0])


def _check_parameter(group: Resource, name: str) -> Findings:
    path = f"parameters[{name}]"
    reading: Reading = Absent()
    for parameter in group.properties.each("parameters"):
        if isinstance(parameter, Unknown):
            reading = parameter
        elif within(parameter, "name") == Known(name):
            reading = within(parameter, "value")
            break
    yield from accepted(group, path, reading, lambda value: str(value).lower() in _ON, "1")


RDS_PRIVATE = ResourceRule(
    id="rds-private",
    severity=Severity.CRITICAL,
    why="Anyone on the internet who has the password can read a database with a public address.",
    fix="set publicly_accessible=False.",
    sources=Sources(fsbp=("RDS.2",), cis=("3.2.3",), pci=("1.3.1", "1.4.2")),
    applies_to=(rds.Instance, rds.ClusterInstance),
    check=_check_flag,
)

RDS_PRIVATE_SUBNETS = StackRule(
    id="rds-private-subnets",
    severity=Severity.CRITICAL,
    why="In subnets without a route to the internet, a database stays private even if it gets a public address.",
    fix="set db_subnet_group_name to an rds.SubnetGroup with only private subnets.",
    sources=Sources(fsbp=("RDS.18", "RDS.46"), pci=("1.3.1", "1.4.4")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(rds.Instance, rds.Cluster),
    check=_check_subnets,
)

RDS_PRIVATE_INGRESS = StackRule(
    id="rds-private-ingress",
    severity=Severity.CRITICAL,
    why="Only the application needs the database, and a range of addresses allows other servers too.",
    fix="give the database a security group, and set the source of its ingress rules to the application's group.",
    sources=Sources(fsbp=("EC2.18", "EC2.19"), cis=("6.3",), pci=("1.3.1", "1.4.4")),
    applies_to=(rds.Instance, rds.Cluster),
    check=_check_ingress,
)

RDS_ENCRYPTED = ResourceRule(
    id="rds-encrypted",
    severity=Severity.HIGH,
    why="The disks and snapshots of an unencrypted database can be read by anyone who gets a copy.",
    fix="set storage_encrypted=True; to encrypt an existing database, restore it from an encrypted copy of a snapshot.",
    sources=Sources(fsbp=("RDS.3", "RDS.27"), cis=("3.2.1",), pci=("3.5.1",)),
    applies_to=(rds.Instance, rds.Cluster),
    check=require("storageEncrypted", True),
)

RDS_TLS_REQUIRED = StackRule(
    id="rds-tls-required",
    severity=Severity.HIGH,
    why="MySQL accepts connections without TLS by default, and sends passwords and orders over them in plain text.",
    fix="give the database an rds.ParameterGroup with require_secure_transport=1 (rds.force_ssl=1 for PostgreSQL and "
    "SQL Server).",
    sources=Sources(fsbp=("RDS.38", "RDS.39", "RDS.41", "RDS.44"), pci=("4.2.1",)),
    applies_to=(rds.Instance,),
    check=_check_tls,
)

RDS_PASSWORD_MANAGED = ResourceRule(
    id="rds-password-managed",
    severity=Severity.HIGH,
    why="A password in plain text is in the program's history, in every copy of the state and in every preview.",
    fix="set manage_master_user_password=True, or pass a secret password, such as the result of a RandomPassword.",
    sources=Sources(pci=("8.3.2",)),
    # The update knows whether the value is a secret before it creates the database.
    on_unknown=OnUnknown.DEFER,
    applies_to=(rds.Instance,),
    check=_check_password,
)

RDS_MODERN_CA = ResourceRule(
    id="rds-modern-ca",
    severity=Severity.HIGH,
    why="When a certificate authority expires, every client that checks the certificate fails at the same time.",
    fix="leave ca_cert_identifier out, or set rds-ca-rsa2048-g1.",
    sources=Sources(pci=("4.2.1",), other="RDS User Guide: Using SSL/TLS to encrypt a connection to a DB instance"),
    applies_to=(rds.Instance, rds.ClusterInstance),
    check=_check_authority,
)

RDS_CUSTOM_ADMIN = ResourceRule(
    id="rds-custom-admin",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    why="Attackers try the default user names first.",
    fix="set another username; a change replaces the database, so choose the name before you create it.",
    sources=Sources(fsbp=("RDS.25",)),
    applies_to=(rds.Instance,),
    check=_check_user,
)

RULES = (
    RDS_PRIVATE,
    RDS_PRIVATE_SUBNETS,
    RDS_PRIVATE_INGRESS,
    RDS_ENCRYPTED,
    RDS_TLS_REQUIRED,
    RDS_PASSWORD_MANAGED,
    RDS_MODERN_CA,
    RDS_CUSTOM_ADMIN,
)
