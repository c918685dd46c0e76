"""Reads the services inside a VPC: load balancers, databases, caches and search domains.

It needs permission for these calls: elasticloadbalancing:DescribeLoadBalancers, DescribeListeners and DescribeTags;
rds:DescribeDBInstances; elasticache:DescribeReplicationGroups, DescribeCacheClusters, DescribeCacheSubnetGroups and
ListTagsForResource; es:ListDomainNames, DescribeDomains and ListTags.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from commands.aws_api import AwsApi, tags_of
from reachability.inventory import Service, ServiceKind
from reachability.traffic import EVERYTHING, NOTHING, Traffic

_BOTH = frozenset({4, 6})
_IPV4 = frozenset({4})
_HTTP, _HTTPS = Traffic.of("tcp", 80), Traffic.of("tcp", 443)
# The IP protocols of a load balancer's protocols. A Gateway Load Balancer uses UDP.
_LISTENED = {
    "UDP": ("udp",),
    "QUIC": ("udp",),
    "GENEVE": ("udp",),
    "TCP_UDP": ("tcp", "udp"),
    "TCP_QUIC": ("tcp", "udp"),
}
_MOST_TAGGED = 20
"""The most load balancers of one call ("DescribeTags")."""
_MOST_DOMAINS = 5
"""The most search domains of one call ("DescribeDomains")."""


class ServiceReader:
    """Reads the services of the VPC with that id."""

    def __init__(self, api: AwsApi, vpc_id: str) -> None:
        self._api, self._vpc_id = api, vpc_id

    def services(self) -> tuple[Service, ...]:
        return (*self._load_balancers(), *self._databases(), *self._caches(), *self._search_domains())

    def _load_balancers(self) -> Iterator[Service]:
        found = [
            each
            for each in self._api.list("elbv2", "describe_load_balancers", "LoadBalancers")
            if each["VpcId"] == self._vpc_id
        ]
        tags: dict[str, Any] = {}
        for start in range(0, len(found), _MOST_TAGGED):
            arns = [each["LoadBalancerArn"] for each in found[start : start + _MOST_TAGGED]]
            described = self._api.list("elbv2", "describe_tags", "TagDescriptions", ResourceArns=arns)
            tags |= {each["ResourceArn"]: tags_of(each["Tags"]) for each in described}
        for each in found:
            arn, addresses = each["LoadBalancerArn"], each.get("IpAddressType", "ipv4")
            versions = _BOTH if addresses.startswith("dualstack") else _IPV4
            public = versions - (_IPV4 if addresses == "dualstack-without-public-ipv4" else frozenset())
            yield Service(
                kind=ServiceKind.LOAD_BALANCER,
                # As in the description of its network interfaces: app/name/number.
                id=arn.partition(":loadbalancer/")[2],
                tags=tags[arn] if "Name" in tags[arn] else {**tags[arn], "Name": each["LoadBalancerName"]},
                subnet_ids=tuple(zone["SubnetId"] for zone in each["AvailabilityZones"]),
                group_ids=tuple(each.get("SecurityGroups", [])),
                traffic=self._listened(arn),
                versions=versions,
                public_versions=public if each.get("Scheme") == "internet-facing" else frozenset(),
            )

    def _listened(self, arn: str) -> Traffic:
        listeners = self._api.list("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
        return reduce(
            or_,
            (
                Traffic.of(protocol, each["Port"])
                for each in listeners
                if each.get("Port")
                for protocol in _LISTENED.get(each["Protocol"], ("tcp",))
            ),
            NOTHING,
        )

    def _databases(self) -> Iterator[Service]:
        for each in self._api.list("rds", "describe_db_instances", "DBInstances"):
            subnets = each.get("DBSubnetGroup", {})
            if subnets.get("VpcId") != self._vpc_id:
                continue
            versions = _BOTH if each.get("NetworkType") == "DUAL" else _IPV4
            yield Service(
                kind=ServiceKind.DATABASE,
                id=each["DBInstanceIdentifier"],
                tags=tags_of(each.get("TagList")),
                subnet_ids=tuple(subnet["SubnetIdentifier"] for subnet in subnets["Subnets"]),
                group_ids=tuple(group["VpcSecurityGroupId"] for group in each["VpcSecurityGroups"]),
                # A database that is being created has no endpoint yet.
                traffic=Traffic.of("tcp", each["Endpoint"]["Port"]) if "Endpoint" in each else EVERYTHING,
                versions=versions,
                public_versions=versions if each["PubliclyAccessible"] else frozenset(),
            )

    def _caches(self) -> Iterator[Service]:
        subnet_groups = {
            each["CacheSubnetGroupName"]: each
            for each in self._api.list("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups")
        }
        arns = {
            each["ReplicationGroupId"]: each["ARN"]
            for each in self._api.list("elasticache", "describe_replication_groups", "ReplicationGroups")
        }
        clusters = [
            each
            for each in self._api.list(
                "elasticache", "describe_cache_clusters", "CacheClusters", ShowCacheNodeInfo=True
            )
            if subnet_groups.get(each.get("CacheSubnetGroupName"), {}).get("VpcId") == self._vpc_id
        ]

        def owner(cluster: dict[str, Any]) -> str:
            return str(cluster.get("ReplicationGroupId") or cluster["CacheClusterId"])

        for id, grouped in groupby(sorted(clusters, key=owner), key=owner):
            members = list(grouped)
            nodes = [node for member in members for node in member.get("CacheNodes", []) if "Endpoint" in node]
            subnets = subnet_groups[members[0]["CacheSubnetGroupName"]]["Subnets"]
            tagged = self._api.ask(
                "elasticache", "list_tags_for_resource", ResourceName=arns.get(id) or members[0]["ARN"]
            )
            yield Service(
                kind=ServiceKind.CACHE,
                id=id,
                tags=tags_of(tagged["TagList"]),
                subnet_ids=tuple(subnet["SubnetIdentifier"] for subnet in subnets),
                group_ids=tuple(
                    dict.fromkeys(group["SecurityGroupId"] for member in members for group in member["SecurityGroups"])
                ),
                traffic=reduce(or_, (Traffic.of("tcp", node["Endpoint"]["Port"]) for node in nodes), NOTHING)
                or EVERYTHING,
                versions=_IPV4 if members[0].get("NetworkType", "ipv4") == "ipv4" else _BOTH,
            )

    def _search_domains(self) -> Iterator[Service]:
        listed = self._api.ask("opensearch", "list_domain_names")["DomainNames"]
        names = sorted(each["DomainName"] for each in listed)
        for start in range(0, len(names), _MOST_DOMAINS):
            some = names[start : start + _MOST_DOMAINS]
            described = self._api.ask("opensearch", "describe_domains", DomainNames=some)["DomainStatusList"]
            for each in described:
                placed = each.get("VPCOptions", {})
                if placed.get("VPCId") != self._vpc_id:
                    continue
                only_https = each.get("DomainEndpointOptions", {}).get("EnforceHTTPS", False)
                yield Service(
                    kind=ServiceKind.SEARCH,
                    id=each["DomainName"],
                    tags=tags_of(self._api.ask("opensearch", "list_tags", ARN=each["ARN"])["TagList"]),
                    subnet_ids=tuple(placed["SubnetIds"]),
                    group_ids=tuple(placed["SecurityGroupIds"]),
                    traffic=_HTTPS if only_https else _HTTP | _HTTPS,
                    versions=_BOTH if each.get("IPAddressType") == "dualstack" else _IPV4,
                )
