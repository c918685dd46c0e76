"""Databases: see ``policies/rules/data/database.py``."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.database import (
    RDS_CUSTOM_ADMIN,
    RDS_ENCRYPTED,
    RDS_MODERN_CA,
    RDS_PASSWORD_MANAGED,
    RDS_PRIVATE,
    RDS_PRIVATE_INGRESS,
    RDS_PRIVATE_SUBNETS,
    RDS_TLS_REQUIRED,
)
from tests.policies.analyzer import UNKNOWN, Node, node, secret, token_of
from tests.policies.networks import NETWORK, PRIVATE_SUBNET, PUBLIC_SUBNET, VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

DATABASE = node(aws.rds.Instance, "db", publiclyAccessible=False)
CLIENT = node(aws.ec2.SecurityGroup, "web")
GROUP = node(aws.ec2.SecurityGroup, "db-group")
GUARDED = node(aws.rds.Instance, "db", vpcSecurityGroupIds=[GROUP])
CLUSTER = node(aws.rds.Cluster, "cluster", storageEncrypted=True)
MEMBER = node(aws.rds.ClusterInstance, "member", publiclyAccessible=False)


def _in(*subnets: Node) -> Nodes:
    group = node(aws.rds.SubnetGroup, "group", subnetIds=list(subnets))
    return (*NETWORK, node(aws.rds.Instance, "db", dbSubnetGroupName=group), group)


def _with_parameters(engine: str, **parameters: object) -> Nodes:
    listed = [{"name": name.replace("__", "."), "value": value} for name, value in parameters.items()]
    group = node(aws.rds.ParameterGroup, "parameters", family=engine, parameters=listed)
    return (node(aws.rds.Instance, "db", engine=engine, parameterGroupName=group), group)


def _without_tls(group: Node) -> Node:
    parameters = [each for each in group.properties["parameters"] if each["name"] != "require_secure_transport"]
    return group.but(parameters=parameters)


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
        failing={
            "public": (DATABASE.but(publiclyAccessible=True),),
            "member of a cluster": (MEMBER.but(publiclyAccessible=True),),
        },
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
    Proof(
        rule=RDS_ENCRYPTED,
        passing={"instance": (DATABASE.but(storageEncrypted=True),), "cluster": (CLUSTER,)},
        failing={
            "instance": (DATABASE.but(storageEncrypted=False),),
            "cluster": (CLUSTER.but(storageEncrypted=False),),
        },
        absent=(DATABASE,),
        unknown=(DATABASE.but(storageEncrypted=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, storageEncrypted=False),
    ),
    Proof(
        rule=RDS_TLS_REQUIRED,
        passing={
            "one": _with_parameters("mysql", require_secure_transport="1"),
            "on": _with_parameters("mariadb", slow_query_log="1", require_secure_transport="ON"),
            "forced": _with_parameters("postgres", rds__force_ssl="1"),
            "an engine without such a parameter": _with_parameters("oracle-ee"),
        },
        failing={
            "left out": _with_parameters("mysql", slow_query_log="1"),
            "off": _with_parameters("mysql", require_secure_transport="0"),
            "another engine's parameter": _with_parameters("postgres", require_secure_transport="1"),
            "AWS's own group": (node(aws.rds.Instance, "db", engine="mysql", parameterGroupName="default.mysql8.4"),),
        },
        absent=(node(aws.rds.Instance, "db", engine="mysql"),),
        unknown=_with_parameters("mysql", require_secure_transport=UNKNOWN),
        not_applicable=(VPC, *_with_parameters("mysql")[1:]),
        breakage=replaced(aws.rds.ParameterGroup, None, _without_tls),
    ),
    Proof(
        rule=RDS_PASSWORD_MANAGED,
        passing={
            "secret": (DATABASE.but(password=secret("correct horse")),),
            "secret and still to come": (DATABASE.but(password=secret(UNKNOWN)),),
            "managed": (DATABASE.but(manageMasterUserPassword=True),),
            "written only": (DATABASE.but(passwordWo=secret("correct horse")),),
            "a copy": (DATABASE.but(snapshotIdentifier="before-the-sale"),),
        },
        failing={
            "in plain text": (DATABASE.but(password="correct horse"),),
            "not managed after all": (DATABASE.but(manageMasterUserPassword=False),),
        },
        absent=(DATABASE,),
        unknown=(DATABASE.but(password=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        # In plain text it would rightly fire the rule of all secrets as well.
        breakage=changed(aws.rds.Instance, "site-database-instance", password=None),
    ),
    Proof(
        rule=RDS_MODERN_CA,
        passing={"rsa": (DATABASE.but(caCertIdentifier="rds-ca-rsa4096-g1"),)},
        failing={"ended": (DATABASE.but(caCertIdentifier="rds-ca-2019"),)},
        absent=(DATABASE,),
        absent_is=Status.PASSED,
        unknown=(DATABASE.but(caCertIdentifier=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, caCertIdentifier="rds-ca-2019"),
    ),
    Proof(
        rule=RDS_CUSTOM_ADMIN,
        passing={"its own": (DATABASE.but(username="magento"),)},
        failing={"the usual": (DATABASE.but(username="Admin"),), "root": (DATABASE.but(username="root"),)},
        absent=(DATABASE,),
        absent_is=Status.PASSED,
        unknown=(DATABASE.but(username=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "shared-database-instance", username="admin"),
    ),
)
