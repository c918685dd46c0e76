"""A program's AWS resources as a Terraform configuration, in Terraform's JSON syntax, with the same values.

Pulumi's AWS provider is made from Terraform's, so types and arguments correspond by name: ``aws:ec2/vpc:Vpc`` is
``aws_vpc``, and ``cidrBlock`` is ``cidr_block``. The schema of the installed provider says which arguments there are,
which of them are blocks, and which are lists that Pulumi has in the plural or as a single value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scanners.terraform import terraform_type
from tests.unit.graph import Resource

Schema = Mapping[str, Any]
"""The ``attributes`` and ``block_types`` of a block, as ``terraform providers schema -json`` prints them."""

_RENAMED = {
    ("aws_cloudwatch_metric_alarm", "name"): "alarm_name",
    ("aws_elastic_beanstalk_environment", "version"): "version_label",
    ("aws_sns_topic_subscription", "topic"): "topic_arn",
}
"""Terraform's arguments whose names in Pulumi follow no rule, by type."""
_NAMED_BY_PULUMI = re.compile(r"(^|_)name$|^identifier$|^replication_group_id$")
"""Required arguments that the program leaves to Pulumi, which makes them from the name of the resource."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What ``main.tf.json`` holds, and what it lacks."""

    document: Mapping[str, Any]
    resources: int
    left_out: Mapping[str, int]
    """What the provider's schema does not have: types, and arguments such as ``aws_instance.primaryNetworkInterface``.
    Each with the number of resources that have it in the program."""


def configuration(
    resources: Iterable[Resource], schemas: Mapping[str, Schema], *, provider: Mapping[str, Any]
) -> Configuration:
    """The configuration of the resources of AWS's provider among these. ``schemas`` has the block of each type."""
    declared: dict[str, dict[str, Any]] = {}
    left_out: Counter[str] = Counter()
    count = 0
    for resource in resources:
        if not resource.custom or not resource.type.startswith("aws:"):
            continue
        kind = terraform_type(resource.type)
        if kind not in schemas:
            left_out[kind] += 1
            continue
        block = _Block(kind, schemas[kind])
        declared.setdefault(kind, {})[_label(resource.name)] = {
            **block.names_by_pulumi(resource),
            **block.arguments(resource.inputs),
        }
        left_out.update(block.left_out)
        count += 1
    document = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": provider},
        # Terraform refuses it if it is empty.
        **({"resource": declared} if declared else {}),
    }
    return Configuration(document=document, resources=count, left_out=left_out)


class _Block:
    """A resource, or a block in one."""

    def __init__(self, path: str, schema: Schema) -> None:
        self._path = path
        self._attributes: Mapping[str, Any] = schema.get("attributes", {})
        self._blocks: Mapping[str, Any] = schema.get("block_types", {})
        names = [*self._attributes, *self._blocks]
        self._names = {_plural(_camel(name)): name for name in names} | {_camel(name): name for name in names}
        self.left_out: set[str] = set()

    def names_by_pulumi(self, resource: Resource) -> dict[str, str]:
        """Values for the names that Terraform requires; the arguments that the program sets replace them."""
        return {
            name: resource.name
            for name, attribute in self._attributes.items()
            if attribute.get("required") and _NAMED_BY_PULUMI.search(name)
        }

    def arguments(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in inputs.items():
            name = _RENAMED.get((self._path, key)) or self._names.get(key)
            if name is None:
                self.left_out.add(f"{self._path}.{key}")
            elif name in self._attributes:
                found[name] = self._attribute(name, value, self._attributes[name]["type"])
            else:
                found[name] = [self._nested(name, self._blocks[name]["block"], each) for each in _as_list(value)]
        return found

    def _nested(self, name: str, schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
        block = _Block(f"{self._path}.{name}", schema)
        arguments = block.arguments(value)
        self.left_out |= block.left_out
        return arguments

    def _attribute(self, name: str, value: Any, kind: Any) -> Any:
        match kind, value:
            case (_, None):
                return None
            case (["list" | "set", element], _):
                return [self._attribute(name, each, element) for each in _as_list(value)]
            case (["map", element], _):
                return {_literal(key): self._attribute(name, each, element) for key, each in value.items()}
            case (["object", types], _):
                # Terraform wants every attribute of an object, Pulumi those that are set.
                schema = {"attributes": {each: {"type": type_} for each, type_ in types.items()}}
                return dict.fromkeys(types) | self._nested(name, schema, value)
            case (_, str()):
                return _literal(value)
        return value


def _as_list(value: Any) -> list[Any]:
    """Pulumi has the only element in place of a list that can have one."""
    return value if isinstance(value, list) else [value]


def _literal(text: str) -> str:
    """Text without Terraform's templates: see "JSON Configuration Syntax" and "Strings and Templates" in its docs."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _label(name: str) -> str:
    """A resource's name as Terraform allows it."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _plural(name: str) -> str:
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch")) else f"{name}s"
