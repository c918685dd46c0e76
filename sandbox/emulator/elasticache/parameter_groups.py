"""Cache parameter groups: create, describe, modify, reset, delete, and the parameters in one."""

from __future__ import annotations

from typing import Any

from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.elasticache.engines import (
    APPLIED_BY_REBOOT,
    FAMILIES,
    FIXED_PARAMETERS,
    PARAMETER_DEFAULTS,
)
from sandbox.emulator.elasticache.state import ParameterGroup, arn, backend_of, parameter_group, parameter_groups
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch


@patch(
    "moto.elasticache.models:ElastiCacheBackend.list_tags_for_resource",
    sha256="173460b7adbb85639bd0aaab0841b45371511e7f005ddc26492efc64fcc4f243",
)
def list_tags_for_resource(original: Any, backend: ElastiCacheBackend, arn: str) -> Any:
    """Accept the ARN of a parameter group, which moto does not have."""
    if ":parametergroup:" in arn:
        return backend.tagging_service.list_tags_for_resource(arn)
    return original(backend, arn)


@operation(ElastiCacheResponse)
def create_cache_parameter_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = backend_of(response)
    name = parameters["CacheParameterGroupName"].lower()
    family = parameters["CacheParameterGroupFamily"]
    if name in parameter_groups(backend):
        raise AwsError("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
    if family not in FAMILIES:
        raise AwsError(
            "InvalidParameterValue", f"CacheParameterGroupFamily {family} is not a valid parameter group family."
        )
    group = ParameterGroup(
        name=name,
        family=family,
        description=parameters["Description"],
        arn=arn(backend, "parametergroup", name),
    )
    parameter_groups(backend)[name] = group
    backend.tagging_service.tag_resource(group.arn, parameters.get("Tags", []))
    return {"CacheParameterGroup": group.describe()}


@operation(ElastiCacheResponse)
def describe_cache_parameter_groups(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = backend_of(response)
    name = parameters.get("CacheParameterGroupName")
    groups = [parameter_group(backend, name)] if name else parameter_groups(backend).values()
    return {"CacheParameterGroups": [group.describe() for group in groups]}


@operation(ElastiCacheResponse)
def modify_cache_parameter_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    group = _own_group(response, parameters)
    changes = {p["ParameterName"]: p.get("ParameterValue", "") for p in parameters["ParameterNameValues"]}
    for name in changes:
        if name not in PARAMETER_DEFAULTS:
            raise AwsError("InvalidParameterValue", f"The parameter {name} is not valid for family {group.family}")
        if name in FIXED_PARAMETERS:
            raise AwsError("InvalidParameterValue", f"The parameter {name} is not modifiable.")
    group.values.update(changes)
    return {"CacheParameterGroupName": group.name}


@operation(ElastiCacheResponse)
def reset_cache_parameter_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    group = _own_group(response, parameters)
    if parameters.get("ResetAllParameters"):
        group.values.clear()
    for parameter in parameters.get("ParameterNameValues", []):
        group.values.pop(parameter["ParameterName"], None)
    return {"CacheParameterGroupName": group.name}


@operation(ElastiCacheResponse)
def describe_cache_parameters(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    group = parameter_group(backend_of(response), parameters["CacheParameterGroupName"])
    described = [
        {
            "ParameterName": name,
            "ParameterValue": group.values.get(name, default),
            "Source": "user" if name in group.values else "system",
            "DataType": "string",
            "IsModifiable": name not in FIXED_PARAMETERS,
            "ChangeType": "requires-reboot" if name in APPLIED_BY_REBOOT else "immediate",
        }
        for name, default in PARAMETER_DEFAULTS.items()
    ]
    return {"Parameters": [p for p in described if parameters.get("Source") in (None, p["Source"])]}


@operation(ElastiCacheResponse)
def delete_cache_parameter_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> None:
    backend = backend_of(response)
    group = _own_group(response, parameters)
    if any(cluster.cache_parameter_group_name == group.name for cluster in backend.cache_clusters.values()):
        raise AwsError(
            "InvalidCacheParameterGroupState",
            f"One or more cache clusters are still members of this parameter group {group.name}, "
            "so the group cannot be deleted.",
        )
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    del parameter_groups(backend)[group.name]


def _own_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> ParameterGroup:
    """The parameter group of the request. Raises ``AwsError`` for a default group of AWS."""
    group = parameter_group(backend_of(response), parameters["CacheParameterGroupName"])
    if group.name.startswith("default."):
        raise AwsError("InvalidParameterValue", f"The default parameter group {group.name} cannot be changed.")
    return group
