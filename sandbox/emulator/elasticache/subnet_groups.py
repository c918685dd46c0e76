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
    backend.cache_subnet_groups[group.cache_subnet_group_name] = changed
    return {"CacheSubnetGroup": changed}


@operation(ElastiCacheResponse)
def delete_cache_subnet_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> None:
    backend = backend_of(response)
    [group] = backend.describe_cache_subnet_groups(parameters["CacheSubnetGroupName"])
    name = group.cache_subnet_group_name
    if any(cluster.cache_subnet_group_name == name for cluster in backend.cache_clusters.values()):
        raise AwsError("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use by a cache cluster.")
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    del backend.cache_subnet_groups[name]
