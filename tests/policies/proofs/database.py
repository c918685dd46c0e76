"""Databases: see ``policies/rules/database.py``."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws

from policies.outcome import Status
from policies.rules.database import RDS_PRIVATE, RDS_PRIVATE_INGRESS, RDS_PRIVATE_SUBNETS
from tests.policies.analyzer import UNKNOWN, Node, node, token_of
from tests.policies.networks import NETWORK, PRIVATE_SUBNET, PUBLIC_SUBNET, VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

DATABASE = node(aws.rds.Instance, "db", publiclyAccessible=False)
CLIENT = node(aws.ec2.SecurityGroup, "web")
GROUP = node(aws.ec2.SecurityGroup, "db-group")
GUARDED = node(aws.rds.Instance, "db", vpcSecurityGroupIds=[GROUP])


def _in(*subnets: Node) -> Nodes:
    group = node(aws.rds.SubnetGroup, "group", subnetIds=list(subnets))
    return (*NETWORK, node(aws.rds.Instance, "db", dbSubnetGroupName=group), group)


def _admitting(**source: object) -> Nodes:
    rule = node(
        aws.vpc.SecurityGroupIngressRule,
        "rule",
        securityGroupId=GROUP,
        ipProtocol="tcp",
        fromPort=3306,
        toPort=3306,
        **source,
    )
    return (CLIENT, GROUP, GUARDED, rule)


def _in_public_subnets(nodes: Sequence[Node]) -> list[Node]:
    """Every subnet group takes its subnets from those with a route to the internet."""
    gateways = {each.urn for each in nodes if each.token == token_of(aws.ec2.InternetGateway)}
    tables = {
        table
        for each in nodes
        if gateways & set(each.origins.get("gatewayId", ()))
        for table in each.origins["routeTableId"]
    }
    public = tuple(
        subnet
        for each in nodes
        if tables & set(each.origins.get("routeTableId", ())) and each.token == token_of(aws.ec2.RouteTableAssociation)
        for subnet in each.origins["subnetId"]
    )
    assert public
    return replaced(aws.rds.SubnetGroup, None, lambda group: group.taken_from(subnetIds=public))(nodes)


def _open_to_the_network(rule: Node) -> Node:
    return rule.but(cidrIpv4="10.0.0.0/16") if rule.properties.get("fromPort") == 3306 else rule


PROOFS = (
    Proof(
        rule=RDS_PRIVATE,
        passing={"private": (DATABASE,)},
        failing={"public": (DATABASE.but(publiclyAccessible=True),)},
        absent=(DATABASE.but(publiclyAccessible=None),),
        unknown=(DATABASE.but(publiclyAccessible=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, publiclyAccessible=True),
    ),
    Proof(
        rule=RDS_PRIVATE_SUBNETS,
        passing={"behind a NAT": (*NETWORK[:3], *_in(PRIVATE_SUBNET))},
        failing={"one public": _in(PRIVATE_SUBNET, PUBLIC_SUBNET), "only public": _in(PUBLIC_SUBNET)},
        absent=(node(aws.rds.Instance, "db"),),
        unknown=(
            node(aws.rds.Instance, "db", dbSubnetGroupName=node(aws.rds.SubnetGroup, "group")),
            node(aws.rds.SubnetGroup, "group").derived(subnetIds=UNKNOWN),
        ),
        unknown_is=Status.UNKNOWN,
        not_applicable=NETWORK,
        breakage=_in_public_subnets,
    ),
    Proof(
        rule=RDS_PRIVATE_INGRESS,
        passing={"a group": _admitting(referencedSecurityGroupId=CLIENT)},
        failing={
            "private range": _admitting(cidrIpv4="10.0.0.0/16"),
            "v6 range": _admitting(cidrIpv6="fd00::/64"),
            "prefix list": _admitting(prefixListId="pl-1"),
        },
        absent=(node(aws.rds.Instance, "db"),),
        unknown=(CLIENT, GROUP, GUARDED, _admitting()[-1].derived(cidrIpv4=UNKNOWN)),
        not_applicable=(CLIENT, GROUP),
        breakage=replaced(aws.vpc.SecurityGroupIngressRule, None, _open_to_the_network),
    ),
)
