"""Subnets: an availability zone by its id, the state of IPv6 blocks, and no deletion while something is in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.subnets import Subnet, SubnetBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.subnets:SubnetBackend.create_subnet",
    sha256="74a57a67c72400bcd85e800a0bb9ab61da825fff380f8852ecc9e7572a6d2467",
    upstream="CreateSubnet with AvailabilityZoneId makes a default subnet, which gives instances public addresses.",
)
def _create_subnet(
    original: Any,
    backend: SubnetBackend,
    vpc_id: str,
    cidr_block: str,
    ipv6_cidr_block: str | None = None,
    availability_zone: str | None = None,
    availability_zone_id: str | None = None,
    **settings: Any,
) -> Subnet:
    """Replace the id of an availability zone by its name, for which moto works."""
    if availability_zone is None:
        for zone in RegionsAndZonesBackend.zones[backend.region_name]:
            if zone.zone_id == availability_zone_id:
                availability_zone = zone.name
    return original(backend, vpc_id, cidr_block, ipv6_cidr_block, availability_zone, availability_zone_id, **settings)


@patch(
    "moto.ec2.models.subnets:Subnet.ipv6_cidr_block_association_set",
    sha256="3a56e14412ac1a22525f4a214adb9e17542d1fd8743383520cb61771307f6ae8",
    upstream="The state of a subnet's IPv6 block is nested twice, so the answer leaves it out.",
)
def _ipv6_cidr_block_association_set(original: Any, subnet: Subnet) -> list[dict[str, Any]]:
    associations: list[dict[str, Any]] = original(subnet)
    for association in associations:
        association["ipv6CidrBlockState"] = association["ipv6CidrBlockState"]["state"]
    return associations


@patch(
    "moto.ec2.models.subnets:SubnetBackend.delete_subnet",
    sha256="8febbd1816d72764a386c499bc5990c219ac8a1c3df55f40ae637824fbe2292b",
    upstream="DeleteSubnet deletes a subnet in which there are interfaces, load balancers, databases or caches.",
)
def _delete_subnet(original: Any, backend: SubnetBackend, subnet_id: str) -> Subnet:
    if subnet_id in _subnets_in_use(backend):
        raise AwsError("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return original(backend, subnet_id)


def _subnets_in_use(backend: Any) -> Iterator[str]:
    """The subnets in which something has an address. Load balancers, databases, caches and search domains have
    interfaces of AWS's own, which moto does not make."""
    # Late, as in moto: these services are slow to load.
    from moto.elasticache.models import elasticache_backends
    from moto.elbv2.models import elbv2_backends
    from moto.opensearch.models import opensearch_backends
    from moto.rds.models import rds_backends

    where = backend.account_id, backend.region_name
    yield from (interface.subnet.id for interface in backend.enis.values())
    for balancer in elbv2_backends[where[0]][where[1]].load_balancers.values():
        yield from (subnet.id for subnet in balancer.subnets)
    for instance in rds_backends[where[0]][where[1]].databases.values():
        group = getattr(instance, "db_subnet_group", None)
        zones = instance.availability_zone, getattr(instance, "secondary_availability_zone", None)
        yield from (subnet.id for subnet in group._subnets if subnet.availability_zone in zones) if group else ()
    caches = elasticache_backends[where[0]][where[1]]
    for node in caches.cache_clusters.values():
        group = caches.cache_subnet_groups.get(node.cache_subnet_group_name)
        for subnet in group.subnets if group else ():
            if subnet["subnet_availability_zone"]["Name"] == getattr(node, "zone", None):
                yield subnet["subnet_identifier"]
    for domain in opensearch_backends[where[0]][where[1]].domains.values():
        yield from (domain.vpc_options or {}).get("SubnetIds", ())
