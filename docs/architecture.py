"""What the picture of the platform shows, read from a recorded graph by AWS's resource types, names and tags."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.graph import Graph, Resource

WORLD, LISTED, VPN_USERS, PLACES = "internet", "listed addresses", "VPN users", "client's places"
IPSEC = "VPN gateway"
OUTSIDE, EDGE, STORE = "outside", "load balancer, CDN, VPN", "database, cache or search"
MAGENTO, SATELLITE, SERVER = "Magento (Elastic Beanstalk)", "satellite (Elastic Beanstalk)", "server (EC2)"
_ANYWHERE = {"0.0.0.0/0", "::/0"}
_OPENVPN = 1194


@dataclass(frozen=True, kw_only=True)
class Box:
    """One thing of the picture. ``groups`` are the ids of its security groups, ``tier`` the kind of its subnets."""

    name: str
    kind: str
    lines: tuple[str, ...]
    groups: frozenset[str] = frozenset()
    tier: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    boxes: tuple[Box, ...]
    arrows: frozenset[tuple[str, str]]
    """From one box's name to another's."""
    ports: Mapping[str, str]
    """By a box's name, where it is reached."""

    def behind(self) -> list[str]:
        """The private boxes that private boxes reach, and that reach nothing themselves: the lowest row."""
        private = {box.name for box in self.boxes if box.tier == "private"}
        reached = {target for source, target in self.arrows if {source, target} <= private}
        return [box.name for box in self.boxes if box.name in reached - {source for source, _ in self.arrows}]


class Platform:
    """Reads a recorded graph by AWS's resource types, names and tags."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tiers = {each.id: str(each.inputs["tags"]["Tier"]) for each in self.all("ec2/subnet:Subnet")}
        self._zones = {each.id: str(each.inputs["availabilityZone"]) for each in self.all("ec2/subnet:Subnet")}

    def all(self, kind: str) -> list[Resource]:
        return sorted(self._graph.of_type(f"aws:{kind}"), key=lambda each: each.name)

    def name(self, resource: Resource) -> str:
        """The name that people see, without the client's and the environment's in front."""
        tags = resource.inputs["tags"]
        name = str(tags.get("Name") or resource.inputs["name"])
        return name.removeprefix(f"{tags['Client']}-{tags['Environment']}-").replace("-", " ")

    def picture(self) -> Picture:
        boxes = (*self._outside(), *self._edge(), *self._beanstalk(), *self._servers(), *self._stores())
        holders = defaultdict(list)
        for box in boxes:
            for group in box.groups:
                holders[group].append(box.name)
        arrows = set(self._delivery())
        ports = defaultdict(set)
        for rule in self.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
            for target in holders[rule.inputs["securityGroupId"]]:
                ports[target].add(_ports(rule.inputs))
                arrows |= {(source, target) for source in self._sources(rule.inputs, holders)}
        if self.all("ec2/vpnGateway:VpnGateway"):
            arrows.add((PLACES, IPSEC))
        return Picture(
            boxes=boxes,
            arrows=frozenset(arrows),
            ports={name: ", ".join(sorted(found, key=_first_port)) for name, found in ports.items()},
        )

    def _sources(self, rule: Mapping[str, Any], holders: Mapping[str, list[str]]) -> list[str]:
        if group := rule.get("referencedSecurityGroupId"):
            return holders[group]
        if rule.get("cidrIpv4", rule.get("cidrIpv6")) not in _ANYWHERE:
            return [LISTED]
        return [VPN_USERS if rule["fromPort"] == _OPENVPN else WORLD]

    def _outside(self) -> Iterator[Box]:
        rules = [each.inputs for each in self.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")]
        listed = {
            rule["cidrIpv4"]: rule["description"].partition(":")[0]
            for rule in rules
            if rule.get("cidrIpv4", "0.0.0.0/0") not in _ANYWHERE
        }
        yield _outside(WORLD, "shoppers, and users", "of the satellites")
        if listed:
            yield _outside(LISTED, *(f"{owner}, {cidr}" for cidr, owner in listed.items()))
        if any(rule.get("fromPort") == _OPENVPN for rule in rules):
            yield _outside(VPN_USERS, "OpenVPN, a", "certificate each")
        links = {each.id: self.name(each).removeprefix("vpn ") for each in self.all("ec2/vpnConnection:VpnConnection")}
        if links:
            routes = self.all("ec2/vpnConnectionRoute:VpnConnectionRoute")
            places = {links[each.inputs["vpnConnectionId"]]: each.inputs["destinationCidrBlock"] for each in routes}
            yield _outside(PLACES, *(f"{name}, {network}" for name, network in places.items()))
            yield Box(name=IPSEC, kind=EDGE, lines=(f"{len(links)} IPSec links",), tier="network")

    def _edge(self) -> Iterator[Box]:
        for each in self.all("cloudfront/distribution:Distribution"):
            yield Box(name=self.name(each), kind=EDGE, lines=("CloudFront", *each.inputs["aliases"]))
        for each in self.all("lb/loadBalancer:LoadBalancer"):
            yield Box(
                name=self.name(each),
                kind=EDGE,
                lines=(self._placed(each.inputs["subnets"]),),
                groups=frozenset(each.inputs["securityGroups"]),
                tier=self._tiers[each.inputs["subnets"][0]],
            )

    def _beanstalk(self) -> Iterator[Box]:
        for each in sorted(self.all("elasticbeanstalk/environment:Environment"), key=_largest_first):
            options = _options(each)
            subnets = options["vpc", "Subnets"].split(",")
            of_site = options["environment", "LoadBalancerIsShared"] == "true"
            size = f"{options['asg', 'MaxSize']} × {options['instances', 'InstanceTypes']}"
            yield Box(
                name=self.name(each),
                kind=MAGENTO if of_site else SATELLITE,
                lines=(size, self._placed(subnets)),
                groups=frozenset(options["launchconfiguration", "SecurityGroups"].split(",")),
                tier=self._tiers[subnets[0]],
            )
            if not of_site:
                balancers = options["vpc", "ELBSubnets"].split(",")
                yield Box(
                    name=f"{self.name(each)} load balancer",
                    kind=EDGE,
                    lines=(self._placed(balancers),),
                    groups=frozenset(options["loadbalancer", "SecurityGroups"].split(",")),
                    tier=self._tiers[balancers[0]],
                )

    def _servers(self) -> Iterator[Box]:
        interfaces = {each.id: each.inputs for each in self.all("ec2/networkInterface:NetworkInterface")}
        attached = defaultdict(list)
        for each in self.all("ec2/volumeAttachment:VolumeAttachment"):
            attached[each.inputs["instanceId"]].append(each.inputs["volumeId"])
        sizes = {each.id: int(each.inputs["size"]) for each in self.all("ebs/volume:Volume")}
        for each in self.all("ec2/instance:Instance"):
            interface = interfaces[each.inputs["primaryNetworkInterface"]["networkInterfaceId"]]
            data = [sizes[volume] for volume in attached[each.id]]
            yield Box(
                name=self.name(each),
                kind=SERVER,
                lines=(
                    f"{each.inputs['instanceType']}, {self._placed([interface['subnetId']])}",
                    *([f"{len(data)} volume{'s' * (len(data) > 1)}, {sum(data)} GiB"] if data else []),
                ),
                groups=frozenset(interface["securityGroups"]),
                tier=self._tiers[interface["subnetId"]],
            )

    def _stores(self) -> Iterator[Box]:
        for each in self.all("rds/instance:Instance"):
            spread = "with a standby (Multi-AZ)" if each.inputs["multiAz"] else "in one zone"
            yield self._store(each, "RDS for MySQL", each.inputs["instanceClass"], spread, "vpcSecurityGroupIds")
        for each in self.all("elasticache/replicationGroup:ReplicationGroup"):
            size = f"{each.inputs['numCacheClusters']} × {each.inputs['nodeType']}"
            yield self._store(each, "ElastiCache for Valkey", size, "with automatic failover", "securityGroupIds")
        for each in self.all("opensearch/domain:Domain"):
            cluster = each.inputs["clusterConfig"]
            yield Box(
                name=self.name(each),
                kind=STORE,
                lines=(
                    "OpenSearch",
                    f"{cluster['instanceCount']} × {cluster['instanceType']}",
                    self._placed(each.inputs["vpcOptions"]["subnetIds"]),
                ),
                groups=frozenset(each.inputs["vpcOptions"]["securityGroupIds"]),
                tier="private",
            )

    def _store(self, resource: Resource, service: str, size: str, spread: str, groups: str) -> Box:
        return Box(
            name=self.name(resource),
            kind=STORE,
            lines=(service, size, spread),
            groups=frozenset(resource.inputs[groups]),
            tier="private",
        )

    def _delivery(self) -> Iterator[tuple[str, str]]:
        """Viewers to CloudFront, and CloudFront to the load balancer that its origin's name is an alias of."""
        balancers = {each.outputs["dnsName"]: self.name(each) for each in self.all("lb/loadBalancer:LoadBalancer")}
        records = {
            each.inputs["name"]: alias["name"]
            for each in self.all("route53/record:Record")
            for alias in each.inputs.get("aliases") or ()
        }
        for each in self.all("cloudfront/distribution:Distribution"):
            yield WORLD, self.name(each)
            for origin in each.inputs["origins"]:
                yield self.name(each), balancers[records[origin["domainName"]]]

    def _placed(self, subnets: Iterable[str]) -> str:
        zones = sorted({self._zones[subnet][-1] for subnet in subnets})
        return f"zone{'s' * (len(zones) > 1)} {', '.join(zones)}"

    def network(self) -> str:
        vpc = self.all("ec2/vpc:Vpc")[0]
        zone = next(iter(self._zones.values()))
        return f"VPC {vpc.inputs['cidrBlock']}, {zone[:-1]}"

    def subnets(self, tier: str) -> list[str]:
        nats = {each.inputs["subnetId"] for each in self.all("ec2/natGateway:NatGateway")}
        return [
            f"zone {self._zones[each.id][-1]}: {each.inputs['cidrBlock']}{', NAT' if each.id in nats else ''}"
            for each in self.all("ec2/subnet:Subnet")
            if self._tiers[each.id] == tier
        ]

    def beside(self) -> list[tuple[str, str]]:
        """Services of the region that no subnet holds, each with what the stack has of them."""
        alarms = [
            *self.all("cloudwatch/metricAlarm:MetricAlarm"),
            *self.all("cloudwatch/compositeAlarm:CompositeAlarm"),
        ]
        mails = [each.inputs["endpoint"] for each in self.all("sns/topicSubscription:TopicSubscription")]
        plans = [rule["ruleName"] for each in self.all("backup/plan:Plan") for rule in each.inputs["rules"]]
        return [
            ("S3", ", ".join(_bucket(each.inputs) for each in self.all("s3/bucket:Bucket"))),
            ("Route 53", ", ".join(each.inputs["name"] for each in self.all("route53/zone:Zone"))),
            ("CloudWatch", f"{len(alarms)} alarms and a dashboard; mail to {', '.join(mails)}"),
            ("Secrets Manager", f"{len(self.all('secretsmanager/secret:Secret'))} secrets"),
            ("AWS Backup", f"{', '.join(plans)}: databases and data volumes"),
        ]


def _outside(name: str, *lines: str) -> Box:
    return Box(name=name, kind=OUTSIDE, lines=lines)


def _bucket(inputs: Mapping[str, Any]) -> str:
    """The name of a bucket, or what the console shows for one whose name Pulumi makes up."""
    return str(inputs.get("bucket") or inputs["tags"]["Name"])


def _options(environment: Resource) -> dict[tuple[str, str], str]:
    """The option settings, by the last part of their namespace and their name."""
    settings = environment.inputs["settings"]
    return {(each["namespace"].rpartition(":")[2], each["name"]): str(each["value"]) for each in settings}


def _largest_first(environment: Resource) -> int:
    return -int(_options(environment)["asg", "MaxSize"])


def _ports(rule: Mapping[str, Any]) -> str:
    first, last = rule["fromPort"], rule["toPort"]
    return f"{'UDP ' * (rule['ipProtocol'] == 'udp')}{first}{f'-{last}' * (first != last)}"


def _first_port(ports: str) -> int:
    return int(re.sub(r"\D*(\d+).*", r"\1", ports))
