"""A stack's resources as a Terraform plan, the form that scanners read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_MODULES = {
    "bcmdata": "bcmdataexports",
    "ec2": "",
    "elasticbeanstalk": "elastic_beanstalk",
    "index": "",
    "rds": "db",
    "vpc": "vpc",
}
"""The prefixes of Terraform's types that are not the module's name in Pulumi."""
_TYPES = {
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:rds/cluster:Cluster": "aws_rds_cluster",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "aws_cloudwatch_log_resource_policy",
}
"""The types whose Terraform names follow no rule."""
_MAPS = {"dimensions", "recovery_point_tags", "table_configurations", "tags", "tags_all"}
"""Properties that are maps in Terraform too. Any other object is a block, which a plan has in a list."""
_PLURAL_IN_TERRAFORM = {"egress", "ingress", "log_publishing_options"}
"""Lists of blocks that Terraform calls as Pulumi does. Elsewhere Pulumi has the plural, Terraform the singular."""
_COMPUTED = ("arn", "id")
"""Outputs that checks read beside what the program sets."""


def plan(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of a stack as ``pulumi stack export`` writes it, with AWS's resources only.

    Pulumi's AWS provider is made from Terraform's, so types and properties correspond by name: ``aws:ec2/vpc:Vpc`` is
    ``aws_vpc``, and ``cidrBlock`` is ``cidr_block``. References between resources become the plan's expressions.
    """
    resources = [each for each in deployment["resources"] if each["type"].startswith("aws:") and each.get("custom")]
    addresses = {each["urn"]: f"{terraform_type(each['type'])}.{_name(each)}" for each in resources}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.0",
        "planned_values": {"root_module": {"resources": [_planned(each, addresses) for each in resources]}},
        "resource_changes": [_change(each, addresses) for each in resources],
        "configuration": {"root_module": {"resources": [_configured(each, addresses) for each in resources]}},
    }


def terraform_type(token: str) -> str:
    """Terraform's name of a type of Pulumi's AWS provider."""
    if token in _TYPES:
        return _TYPES[token]
    _, module_and_file, name = token.split(":")
    module = module_and_file.split("/")[0]
    prefix = _MODULES.get(module, module)
    return "_".join(filter(None, ("aws", prefix, _snake(name))))


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rsplit("::", 1)[1].replace(".", "_")


def _planned(resource: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, Any]:
    return {
        "address": addresses[resource["urn"]],
        "mode": "managed",
        "type": terraform_type(resource["type"]),
        "name": _name(resource),
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": _values(resource),
    }


def _change(resource: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, Any]:
    return _planned(resource, addresses) | {
        "change": {"actions": ["create"], "before": None, "after": _values(resource)}
    }


def _configured(resource: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, Any]:
    found = {
        _snake(name): [addresses[urn] for urn in urns if urn in addresses]
        for name, urns in (resource.get("propertyDependencies") or {}).items()
    }
    return {
        "address": addresses[resource["urn"]],
        "mode": "managed",
        "type": terraform_type(resource["type"]),
        "name": _name(resource),
        "expressions": {
            name: {"references": [text for each in referred for text in (f"{each}.id", each)]}
            for name, referred in found.items()
            if referred
        },
    }


def _values(resource: Mapping[str, Any]) -> dict[str, Any]:
    inputs = resource.get("inputs") or {}
    outputs = resource.get("outputs") or {}
    computed = {name: outputs[name] for name in _COMPUTED if name in outputs}
    return computed | _block(inputs)


def _property(key: str, value: Any) -> tuple[str, Any]:
    """Name and value as Terraform has them."""
    value = _shown(value)
    name = _snake(key)
    if isinstance(value, Mapping) and name not in _MAPS:
        return name, [_block(value)]
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return name if name in _PLURAL_IN_TERRAFORM else _singular(name), [_block(each) for each in value]
    return name, value


def _block(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_property(key, each) for key, each in value.items() if not key.startswith("__"))


def _shown(value: Any) -> Any:
    """A value without the envelope of a secret. The plan gets no secret: a scanner needs to see that there is one."""
    if isinstance(value, Mapping) and "4dabf18193072939515e22adb298388d" in value:
        return "secret"
    return value


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith("aliases"):
        return name[:-2]
    return name.removesuffix("s")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1]}", name).lower()
