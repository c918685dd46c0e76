"""The VPC in which the whole platform runs."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.network.address_plan import SubnetAddresses, plan
from components.network.vpn_link import VpnLink, VpnLinkArgs, VpnTunnels
from components.shared.context import Context
from components.shared.iam import allow, assumable_by, document
from settings.network import NatGateways, OwnNetworkSettings
from settings.vpn_link import VpnLinkSettings

ANYWHERE = "0.0.0.0/0"
_WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The settings of the network, and the links to other networks."""

    context: Context
    network: OwnNetworkSettings
    zones: tuple[str, ...]
    """The full names of the availability zones, such as ``eu-west-3a``. Each gets a public and a private subnet."""
    vpn_links: tuple[VpnLinkSettings, ...] = ()


class Network(pulumi.ComponentResource):
    """A VPC over the given zones.

    Produces a public and a private subnet in each zone, an internet gateway, the NAT gateways that the settings ask
    for, a route table for the public subnets and one for each private subnet, an S3 gateway endpoint in all route
    tables, and flow logs of all traffic. It empties the VPC's default security group. If there are VPN links, it makes
    a VPN gateway and the links.

    The ids of the subnets are known only when the subnets reach the internet. AWS refuses an internet-facing load
    balancer in a VPC without an internet gateway, and a server that boots without a route cannot install anything.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    """In the order of the zones. Single servers go into the first."""
    private_subnet_ids: pulumi.Output[list[str]]
    nat_gateways: dict[str, pulumi.Output[str]]
    """The ids of the NAT gateways, by the letter of their zone."""
    vpn_links: dict[str, VpnLink]
    """The IPSec links, by name."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:network:Network", name, {"cidr": str(args.network.cidr), "zones": list(args.zones)}, opts
        )
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        # Everything stands in them, and AWS moves no database to another VPC.
        self._kept = pulumi.ResourceOptions(parent=self, protect=args.context.protect)
        addresses = plan(args.network.cidr, args.zones)

        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(args.network.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=args.context.tags.named(name),
            opts=self._kept,
        )
        self.vpc_id = vpc.id
        # AWS lets members of the default group reach each other. This removes its rules, so members reach nothing.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-group", vpc_id=vpc.id, tags=args.context.tags.named(f"{name}-unused"), opts=self._child
        )
        public_table, public = self._public_subnets(addresses)
        private_tables, private = self._private_subnets(public, addresses)
        self.public_subnet_ids = pulumi.Output.all(*public)
        self.private_subnet_ids = pulumi.Output.all(*private)
        tables = [public_table, *private_tables]
        aws.ec2.VpcEndpoint(
            f"{name}-s3-endpoint",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{args.context.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            policy=pulumi.Output.from_input(args.context.account_id).apply(_through_the_endpoint),
            tags=args.context.tags.named(f"{name}-s3"),
            opts=self._child,
        )
        self._flow_logs(vpc)
        self.vpn_links = self._vpn_links(vpc, tables)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
            }
        )

    @property
    def tunnels(self) -> dict[str, VpnTunnels]:
        """The tunnels of the IPSec links, by the link's name."""
        return {name: link.tunnels for name, link in self.vpn_links.items()}

    def _subnet(self, tier: str, letter: str, zone: str, cidr: IPv4Network) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{self._name}-{tier}-{letter}",
            vpc_id=self.vpc_id,
            availability_zone=zone,
            cidr_block=str(cidr),
            map_public_ip_on_launch=False,
            tags={**self._args.context.tags.named(f"{tier}-{letter}"), "Tier": tier},
            opts=self._kept,
        )

    def _public_subnets(
        self, addresses: tuple[SubnetAddresses, ...]
    ) -> tuple[aws.ec2.RouteTable, list[pulumi.Output[str]]]:
        """Their route table and their ids."""
        gateway = aws.ec2.InternetGateway(
            f"{self._name}-internet",
            vpc_id=self.vpc_id,
            tags=self._args.context.tags.named("internet"),
            opts=self._child,
        )
        table = self._route_table("public")
        route = aws.ec2.Route(
            f"{self._name}-public-internet",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        return table, [
            self._routed(
                self._subnet("public", each.letter, each.zone, each.public), f"public-{each.letter}", table, route
            )
            for each in addresses
        ]

    def _private_subnets(
        self, public: list[pulumi.Output[str]], addresses: tuple[SubnetAddresses, ...]
    ) -> tuple[list[aws.ec2.RouteTable], list[pulumi.Output[str]]]:
        """Their route tables and their ids."""
        count = {NatGateways.ONE_PER_ZONE: len(public), NatGateways.SINGLE: 1}
        letters = [each.letter for each in addresses][: count[self._args.network.nat_gateways]]
        gateways = [self._nat_gateway(letter, subnet_id) for letter, subnet_id in zip(letters, public, strict=False)]
        self.nat_gateways = {letter: gateway.id for letter, gateway in zip(letters, gateways, strict=True)}
        tables, subnet_ids = [], []
        for index, each in enumerate(addresses):
            label = f"private-{each.letter}"
            table = self._route_table(label)
            route = aws.ec2.Route(
                f"{self._name}-{label}-internet",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateways[index % len(gateways)].id,
                opts=self._child,
            )
            subnet = self._subnet("private", each.letter, each.zone, each.private)
            tables.append(table)
            subnet_ids.append(self._routed(subnet, label, table, route))
        return tables, subnet_ids

    def _route_table(self, label: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{self._name}-{label}-routes",
            vpc_id=self.vpc_id,
            tags=self._args.context.tags.named(label),
            opts=self._child,
        )

    def _routed(
        self, subnet: aws.ec2.Subnet, label: str, table: aws.ec2.RouteTable, way_out: aws.ec2.Route
    ) -> pulumi.Output[str]:
        """The id of the subnet, for those who need its way out: they wait for its route."""
        association = aws.ec2.RouteTableAssociation(
            f"{self._name}-{label}-association",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[way_out]),
        )
        return pulumi.Output.all(subnet.id, association.subnet_id).apply(lambda same: str(same[0]))

    def _nat_gateway(self, letter: str, subnet_id: pulumi.Output[str]) -> aws.ec2.NatGateway:
        tags = self._args.context.tags.named(f"nat-{letter}")
        address = aws.ec2.Eip(f"{self._name}-nat-{letter}-address", domain="vpc", tags=tags, opts=self._child)
        return aws.ec2.NatGateway(
            f"{self._name}-nat-{letter}",
            subnet_id=subnet_id,
            allocation_id=address.id,
            tags=tags,
            opts=self._child,
        )

    def _flow_logs(self, vpc: aws.ec2.Vpc) -> None:
        tags = self._args.context.tags.named("flow-logs")
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-flow-log-group",
            retention_in_days=self._args.network.flow_log_retention_days,
            kms_key_id=self._args.context.key_arn,
            tags=tags,
            opts=self._child,
        )
        role = aws.iam.Role(
            f"{self._name}-flow-log-role",
            assume_role_policy=pulumi.Output.from_input(self._args.context.account_id).apply(
                lambda account_id: assumable_by("vpc-flow-logs.amazonaws.com", account_id=account_id)
            ),
            tags=tags,
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{self._name}-flow-log-policy",
            role=role.name,
            policy=group.arn.apply(lambda arn: document(allow(_WRITE_LOGS, f"{arn}:*"))),
            opts=self._child,
        )
        aws.ec2.FlowLog(
            f"{self._name}-flow-log",
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=tags,
            opts=self._child,
        )

    def _vpn_links(self, vpc: aws.ec2.Vpc, tables: list[aws.ec2.RouteTable]) -> dict[str, VpnLink]:
        if not self._args.vpn_links:
            return {}
        gateway = aws.ec2.VpnGateway(
            f"{self._name}-vpn-gateway", vpc_id=vpc.id, tags=self._args.context.tags.named("vpn"), opts=self._child
        )
        for index, table in enumerate(tables):
            aws.ec2.VpnGatewayRoutePropagation(
                f"{self._name}-vpn-routes-{index}",
                vpn_gateway_id=gateway.id,
                route_table_id=table.id,
                opts=self._child,
            )
        return {
            link.name: VpnLink(
                f"{self._name}-vpn-{link.name}",
                VpnLinkArgs(context=self._args.context.for_system("vpn"), link=link, gateway_id=gateway.id),
                opts=self._child,
            )
            for link in self._args.vpn_links
        }


def _through_the_endpoint(account_id: str) -> str:
    """What may go to S3 through the endpoint: requests of this account's roles, and downloads.

    Packages of Amazon Linux, Beanstalk's platforms and the Systems Manager agent come from Amazon's buckets, partly
    without a signature ("Using endpoint policies to control access with VPC endpoints"). Nothing can be uploaded with
    the credentials of another account.
    """
    return document(
        {
            "Sid": "RolesOfThisAccount",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": account_id}},
        },
        {
            "Sid": "Downloads",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": "*",
        },
    )
