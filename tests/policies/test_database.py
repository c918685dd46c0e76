"""rds-private, rds-private-subnets, rds-private-ingress: violated, satisfied, absent and unknown."""

from __future__ import annotations

import pulumi_aws as aws
import pytest
from pulumi_policy import EnforcementLevel

from policies.rules.data.database import RDS_PRIVATE, RDS_PRIVATE_INGRESS, RDS_PRIVATE_SUBNETS
from tests.policies.analyzer import UNKNOWN, Node, analyze, fired, node
from tests.policies.networks import INTERNET, NETWORK, PRIVATE_SUBNET, PUBLIC_SUBNET, VPC


class TestFlag:
    """rds-private reads one flag of one resource."""

    DATABASE = node(aws.rds.Instance, "db", publiclyAccessible=False)

    def said(self, database: Node) -> set[tuple[str, str]]:
        return fired(analyze([database], rules=[RDS_PRIVATE]))

    def test_false_passes(self) -> None:
        """The only value that satisfies the rule."""
        assert not self.said(self.DATABASE)

    @pytest.mark.parametrize("value", [True, None, UNKNOWN], ids=["true", "absent", "unknown"])
    def test_anything_else_fails(self, value: object) -> None:
        """AWS's default depends on the subnet group, and a literal costs nothing: absent and unknown fail like true."""
        assert self.said(self.DATABASE.but(publiclyAccessible=value)) == {("rds-private", "db")}

    def test_other_types_are_not_its_business(self) -> None:
        """A resource of another type without the flag is not checked."""
        assert not self.said(VPC)


class TestSubnets:
    """rds-private-subnets follows a database to its subnets' routes."""

    def said(self, *subnets: object, network: tuple[Node, ...] = NETWORK) -> set[tuple[str, str]]:
        group = node(aws.rds.SubnetGroup, "group", subnetIds=list(subnets))
        database = node(aws.rds.Instance, "db", dbSubnetGroupName=group)
        return fired(analyze([*network, group, database], rules=[RDS_PRIVATE_SUBNETS]))

    def test_private_subnets_pass(self) -> None:
        """A route to a NAT gateway allows no connections from the internet."""
        assert not self.said(PRIVATE_SUBNET)

    def test_one_public_subnet_fails(self) -> None:
        """One route to an internet gateway among private subnets is found, ids unknown."""
        assert self.said(PRIVATE_SUBNET, PUBLIC_SUBNET) == {("rds-private-subnets", "group")}

    def test_an_inline_route_counts(self) -> None:
        """A table that lists the route itself is as public as one with a route resource."""
        table = node(aws.ec2.RouteTable, "inline", routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-0abc"}])
        link = node(aws.ec2.RouteTableAssociation, "link", subnetId=PRIVATE_SUBNET, routeTableId=table)
        assert self.said(PRIVATE_SUBNET, network=(VPC, PRIVATE_SUBNET, table, link))

    def test_the_main_table_counts(self) -> None:
        """A subnet without an association uses the VPC's main table, whose route names the VPC."""
        route = node(aws.ec2.Route, "main-route", routeTableId=VPC, gatewayId=INTERNET)
        assert self.said(PRIVATE_SUBNET, network=(VPC, INTERNET, PRIVATE_SUBNET, route))

    def test_no_subnet_group_fails(self) -> None:
        """Without a group the database lands in the default VPC, all public."""
        said = fired(analyze([node(aws.rds.Instance, "db")], rules=[RDS_PRIVATE_SUBNETS]))
        assert said == {("rds-private-subnets", "db")}

    def test_subnets_of_another_stack(self) -> None:
        """A stack that joins another's network cannot see its routes, but an internet-facing load balancer shows which
        subnets are public. An internal one does not."""
        balancer = node(aws.lb.LoadBalancer, "balancer", subnets=["subnet-2"])
        assert not self.said("subnet-1", network=(balancer,))
        assert self.said("subnet-1", "subnet-2", network=(balancer,)) == {("rds-private-subnets", "group")}
        assert not self.said("subnet-2", network=(balancer.but(internal=True),))

    def test_unknown_subnets_give_a_warning(self) -> None:
        """Ids without an origin cannot be checked at preview: the pack prints a warning."""
        group = node(aws.rds.SubnetGroup, "group").derived(subnetIds=UNKNOWN)
        database = node(aws.rds.Instance, "db", dbSubnetGroupName=group)
        (diagnostic,) = analyze([group, database], rules=[RDS_PRIVATE_SUBNETS])
        assert (diagnostic.rule, diagnostic.level) == ("rds-private-subnets", EnforcementLevel.ADVISORY)
        assert "subnet_ids" in diagnostic.message


class TestIngress:
    """rds-private-ingress reads the rules of a database's security groups in all three spellings."""

    CLIENT = node(aws.ec2.SecurityGroup, "web")
    GROUP = node(aws.ec2.SecurityGroup, "db-group")
    DATABASE = node(aws.rds.Instance, "db", vpcSecurityGroupIds=[GROUP])

    def said(self, *rules: Node, group: Node = GROUP) -> set[tuple[str, str]]:
        return fired(analyze([self.CLIENT, group, self.DATABASE, *rules], rules=[RDS_PRIVATE_INGRESS]))

    def rule(self, **source: object) -> Node:
        return node(
            aws.vpc.SecurityGroupIngressRule,
            "rule",
            securityGroupId=self.GROUP,
            ipProtocol="tcp",
            fromPort=3306,
            toPort=3306,
            **source,
        )

    def test_a_security_group_passes(self) -> None:
        """The application's own group is the only accepted source."""
        assert not self.said(self.rule(referencedSecurityGroupId=self.CLIENT))

    @pytest.mark.parametrize(
        "source",
        [{"cidrIpv4": "10.0.0.0/16"}, {"cidrIpv6": "fd00::/64"}, {"prefixListId": "pl-1"}],
        ids=["private", "v6", "prefix-list"],
    )
    def test_any_range_fails(self, source: dict[str, object]) -> None:
        """Even a private range allows more than the application."""
        assert self.said(self.rule(**source)) == {("rds-private-ingress", "rule")}

    @pytest.mark.parametrize("name", ["cidrIpv4", "cidrIpv6", "prefixListId"])
    def test_an_unknown_range_fails(self, name: str) -> None:
        """A range taken from another resource is refused at preview, when its value is not known."""
        assert self.said(self.rule().derived(**{name: UNKNOWN})) == {("rds-private-ingress", "rule")}

    def test_the_older_spellings_fail_too(self) -> None:
        """An inline rule and a SecurityGroupRule are read as the newest spelling is."""
        listed = {"protocol": "tcp", "fromPort": 3300, "toPort": 3310, "cidrBlocks": ["10.0.0.0/8"]}
        assert self.said(group=self.GROUP.but(ingress=[listed])) == {("rds-private-ingress", "db-group")}
        rule = node(aws.ec2.SecurityGroupRule, "old", securityGroupId=self.GROUP, type="ingress", **listed)
        assert self.said(rule) == {("rds-private-ingress", "old")}
        assert not self.said(rule.but(type="egress"))

    def test_an_unknown_inline_list_fails(self) -> None:
        """A list that is unknown until the update could hold anything."""
        assert self.said(group=self.GROUP.derived(ingress=UNKNOWN)) == {("rds-private-ingress", "db-group")}

    def test_a_list_that_the_provider_works_out_passes(self) -> None:
        """At preview the AWS provider adds an unknown `ingress` to a group that has none: not the program's doing."""
        assert not self.said(group=self.GROUP.but(ingress=UNKNOWN))

    def test_all_protocols_cover_the_port(self) -> None:
        """-1 allows every port, whatever the port properties say."""
        assert self.said(self.rule(cidrIpv4="10.0.0.0/16").but(ipProtocol="-1", fromPort=None, toPort=None))

    def test_another_port_is_not_its_business(self) -> None:
        """A range that cannot reach the database's port is left to other rules."""
        assert not self.said(self.rule(cidrIpv4="10.0.0.0/16").but(fromPort=22, toPort=22))

    def test_no_group_fails(self) -> None:
        """Without one the database gets the VPC's default group."""
        said = fired(analyze([node(aws.rds.Instance, "db")], rules=[RDS_PRIVATE_INGRESS]))
        assert said == {("rds-private-ingress", "db")}
