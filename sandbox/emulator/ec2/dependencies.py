"""Subnets and VPCs in use: AWS deletes neither while something is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.models.subnets import Subnet, SubnetBackend
from moto.ec2.models.vpcs import VPC, VPCBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.subnets:SubnetBackend.delete_subnet",
    sha256="8febbd1816d72764a386c499bc5990c219ac8a1c3df55f40ae637824fbe2292b",
    upstream="DeleteSubnet deletes a subnet in which there are interfaces, load balancers, databases or caches.",
)
def _delete_subnet(original: Any, backend: SubnetBackend, subnet_id: str) -> Subnet:
    if subnet_id in _subnets_in_use(backend):
        raise AwsError("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return original(backend, subnet_id)


@patch(
    "moto.ec2.models.vpcs:VPCBackend.delete_vpc",
    sha256="9c9acc33c6cab2acee4a1d1c71bcc1bc0205fac8aeed4a07f975c1af617a5f77",
    upstream="DeleteVpc deletes a VPC that has an internet gateway or security groups.",
)
def _delete_vpc(original: Any, backend: VPCBackend, vpc_id: str) -> VPC:
    groups = backend.groups.get(vpc_id, {}).values()
    gateways = backend.internet_gateways.values()
    if any(group.name != "default" for group in groups) or any(
        gateway.vpc is not None and gateway.vpc.id == vpc_id for gateway in gateways
    ):
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(backend, vpc_id)


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
