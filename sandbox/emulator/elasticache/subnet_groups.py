"""Cache subnet groups: availability zones, change and deletion."""

from __future__ import annotations

from typing import Any

from moto.elasticache.models import CacheSubnetGroup
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.elasticache.state import backend_of
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch


@patch(
    "moto.elasticache.models:CacheSubnetGroup.__init__",
    sha256="b27d21a99838cd61c2e35dff206f687929b64beece18452a6d63784a309503f3",
    upstream="A subnet's availability zone is a bare name instead of a structure, so the answer leaves it out.",
)
def _init(original: Any, group: CacheSubnetGroup, *args: Any, **kwargs: Any) -> None:
    """Make each subnet's availability zone a structure, as the API has it."""
    original(group, *args, **kwargs)
    for subnet in group.subnets:
        zone = subnet.get("subnet_availability_zone")
        if isinstance(zone, str):
            subnet["subnet_availability_zone"] = {"Name": zone}


@operation(ElastiCacheResponse)
def modify_cache_subnet_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = backend_of(response)
    [group] = backend.describe_cache_subnet_groups(parameters["CacheSubnetGroupName"])
    changed = CacheSubnetGroup(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_subnet_group_name=group.cache_subnet_group_name,
        cache_subnet_group_description=parameters.get(
            "CacheSubnetGroupDescription", group.cache_subnet_group_description
        ),
        subnet_ids=parameters.get("SubnetIds", group.subnet_ids),
        tags=group.tags,
    )
    _check(backend, group, changed)
    backend.cache_subnet_groups[group.cache_subnet_group_name] = changed
    return {"CacheSubnetGroup": changed}


def _check(backend: Any, group: CacheSubnetGroup, changed: CacheSubnetGroup) -> None:
    """Raise ``AwsError`` for a group in use that would leave its VPC, or lose a zone in which a node is."""
    name = group.cache_subnet_group_name
    clusters = [each for each in backend.cache_clusters.values() if each.cache_subnet_group_name == name]
    if clusters and changed.vpc_id != group.vpc_id:
        raise AwsError("InvalidSubnet", "The new subnets are not in the same VPC as the existing subnet group.")
    left = {_zone(subnet) for subnet in changed.subnets}
    used = {getattr(each, "zone", None) for each in clusters}
    lost = [
        subnet["subnet_identifier"] for subnet in group.subnets if _zone(subnet) in used and _zone(subnet) not in left
    ]
    if lost:
        raise AwsError(
            "SubnetInUse", f"Some of the subnets requested to be deleted are currently in use: {', '.join(lost)}"
        )


def _zone(subnet: dict[str, Any]) -> str:
    name: str = subnet["subnet_availability_zone"]["Name"]
    return name


@operation(ElastiCacheResponse)
def delete_cache_subnet_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> None:
    backend = backend_of(response)
    [group] = backend.describe_cache_subnet_groups(parameters["CacheSubnetGroupName"])
    name = group.cache_subnet_group_name
    if any(cluster.cache_subnet_group_name == name for cluster in backend.cache_clusters.values()):
        raise AwsError("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use by a cache cluster.")
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    del backend.cache_subnet_groups[name]
