"""RDS: a database is reached from inside the VPC, by the servers of its own application."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.aws_types import ec2, rds
from policies.ingress import Ingress, ingress_of
from policies.properties import Absent, Known, Reading, Unknown
from policies.resources import Resource, Stack
from policies.routing import internet_routes, subnets_of_public_load_balancers
from policies.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_MYSQL_PORT = 3306


def _check_flag(database: Resource, _: Config) -> Findings:
    must = "it explicitly false"
    match database.properties.read("publiclyAccessible"):
        case Known(False):
            return
        case Known():
            yield Violation(resource=database, has="publiclyAccessible true", must=must)
        case Absent():
            # AWS's default depends on the subnet group, so absent says nothing.
            yield Violation(resource=database, has="no publiclyAccessible", must=must)
        case Unknown():
            yield Undecided(resource=database, path="publiclyAccessible")


def _check_subnets(database: Resource, stack: Stack, _: Config) -> Findings:
    groups = database.origin("dbSubnetGroupName", rds.SubnetGroup)
    if not groups:
        yield Violation(
            resource=database,
            has="no subnet group of this stack in dbSubnetGroupName",
            must="one, whose subnets can be judged",
        )
    for group in groups:
        yield from _check_subnet_group(stack, group)


def _check_subnet_group(stack: Stack, group: Resource) -> Findings:
    subnets = group.origin("subnetIds", ec2.Subnet)
    for subnet in subnets:
        for route in internet_routes(stack, subnet):
            yield Violation(
                resource=group,
                has=f"the public {subnet} in subnetIds, which {route} connects to the internet",
                must="subnets without a route to an internet gateway",
            )
    if subnets:
        return
    # Subnets of the stack that owns the network: the engine shows a policy neither them nor what was read from there.
    public = subnets_of_public_load_balancers(stack)
    for reading in group.properties.each("subnetIds"):
        match reading:
            case Known(subnet_id) if subnet_id in public:
                yield Violation(
                    resource=group,
                    has=f"{subnet_id} in subnetIds, where {public[subnet_id]} faces the internet",
                    must="subnets without a route to an internet gateway",
                )
            case Unknown():
                yield Undecided(resource=group, path="subnetIds")


def _check_ingress(database: Resource, stack: Stack, _: Config) -> Findings:
    groups = database.origin("vpcSecurityGroupIds", ec2.SecurityGroup)
    if not groups:
        yield Violation(
            resource=database,
            has="no security group of this stack in vpcSecurityGroupIds",
            must="one, whose rules can be judged",
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
                    has=f"a rule that admits {value} to port {port} of a database",
                    must="security groups as its only sources",
                )
            case _:
                yield Undecided(resource=rule.declared_by, path=rule.at("cidr"))


RDS_PRIVATE = ResourceRule(
    id="rds-private",
    severity=Severity.CRITICAL,
    why="A database with a public address is one leaked password away from being everybody's.",
    fix="set publicly_accessible=False.",
    sources=Sources(fsbp=("RDS.2",), cis=("3.2.3",), pci=("1.3.1", "1.4.2")),
    applies_to=(rds.Instance,),
    check=_check_flag,
)

RDS_PRIVATE_SUBNETS = StackRule(
    id="rds-private-subnets",
    severity=Severity.CRITICAL,
    why="Without a route to the internet a database stays private even when somebody gives it a public address.",
    fix="put only private subnets into the subnet group.",
    sources=Sources(fsbp=("RDS.18", "RDS.46"), pci=("1.3.1", "1.4.4")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(rds.Instance,),
    check=_check_subnets,
)

RDS_PRIVATE_INGRESS = StackRule(
    id="rds-private-ingress",
    severity=Severity.CRITICAL,
    why="A range of addresses admits whoever gets one of them, and only a database's own application needs it.",
    fix="name the application's security group as the rule's source.",
    sources=Sources(fsbp=("EC2.18", "EC2.19"), cis=("6.3",), pci=("1.3.1", "1.4.4")),
    applies_to=(rds.Instance,),
    check=_check_ingress,
)

RULES = (RDS_PRIVATE, RDS_PRIVATE_SUBNETS, RDS_PRIVATE_INGRESS)
