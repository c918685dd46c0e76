"""What RDS and ElastiCache have in common: subnet groups, parameter groups and tags.

Their APIs differ only in a word: `create_db_subnet_group(DBSubnetGroupName=…)` of the one is
`create_cache_subnet_group(CacheSubnetGroupName=…)` of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.tags import Tagging, to_records

BATCH = 20
"""The most parameters that one Modify or Reset call of RDS or ElastiCache takes (their API references)."""

USER = "user"
"""The ``Source`` of a parameter that a user set; the others are the engine's and the service's defaults."""

T = TypeVar("T")


def tagging(service: str) -> Tagging:
    """How either service keeps tags."""
    return Tagging(
        service=service,
        by_arn=True,
        resource="ResourceName",
        answer=("TagList",),
        setting="add_tags_to_resource",
        removing="remove_tags_from_resource",
    )


class _Group(Adapter):
    """A group whose id is its name, which AWS keeps in lower case."""

    word: ClassVar[str]
    """``DB`` or ``Cache``, in the names of operations and members."""
    kind: ClassVar[str]
    """``SubnetGroup`` or ``ParameterGroup``."""
    arn: ClassVar[str]
    """The member that has the group's ARN."""

    def _call(self, aws: Aws, verb: str, noun: str, **arguments: Any) -> Any:
        return getattr(aws.client(self.service), f"{verb}_{self.word.lower()}_{noun}")(**arguments)

    def _member(self, name: str = "") -> str:
        return f"{self.word}{self.kind}{name}"

    def _named(self, id: str) -> dict[str, str]:
        return {self._member("Name"): id}

    def _in_common(self, aws: Aws, group: Mapping[str, Any]) -> Values:
        arn = group[self.arn]
        return {"name": group[self._member("Name")], "arn": arn, "tags": self.tagging.read(aws, arn)}


class SubnetGroup(_Group):
    """The subnets that databases or caches may be in."""

    kind = "SubnetGroup"
    properties = {
        "name": Property(replaces=True, autoname=AutoName(lowercase=True)),
        "description": Property(default="Managed by Pulumi"),
        "subnetIds": Property(required=True, unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "vpcId")

    def create(self, aws: Aws, inputs: Values) -> str:
        settings = self._settings(inputs["name"], inputs)
        answer = self._call(aws, "create", "subnet_group", **settings, Tags=to_records(inputs["tagsAll"]))
        return str(answer[self._member()][self._member("Name")])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        group = self._call(aws, "describe", "subnet_groups", **self._named(id))[self._member("s")][0]
        return {
            **self._in_common(aws, group),
            "description": group[self._member("Description")],
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
            "vpcId": group["VpcId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._call(aws, "modify", "subnet_group", **self._settings(id, new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self._call(aws, "delete", "subnet_group", **self._named(id))

    def _settings(self, id: str, inputs: Values) -> Values:
        description = {self._member("Description"): inputs["description"]}
        return {**self._named(id), **description, "SubnetIds": inputs["subnetIds"]}


class ParameterGroup(_Group):
    """Parameters of a database or cache engine."""

    kind = "ParameterGroup"
    parameter: ClassVar[Shape]
    """One parameter."""
    parameters: ClassVar[str]
    """The argument that holds the parameters to modify or reset."""
    properties = {
        "name": Property(replaces=True, autoname=AutoName(lowercase=True)),
        "family": Property(required=True, replaces=True),
        "description": Property(default="Managed by Pulumi", replaces=True),
        "parameters": Property(unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = self._call(
            aws,
            "create",
            "parameter_group",
            **self._named(inputs["name"]),
            **{self._member("Family"): inputs["family"]},
            Description=inputs["description"],
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer[self._member()][self._member("Name")])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._change_parameters(aws, id, [], inputs.get("parameters") or [])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        group = self._call(aws, "describe", "parameter_groups", **self._named(id))[self._member("s")][0]
        paginator = aws.client(self.service).get_paginator(f"describe_{self.word.lower()}_parameters")
        pages = paginator.paginate(**self._named(id), Source=USER)
        parameters = [parameter for page in pages for parameter in page["Parameters"]]
        return {
            **self._in_common(aws, group),
            "family": group[self._member("Family")],
            "description": group["Description"],
            "parameters": self.parameter.many_from_aws(parameters, state.get("parameters")),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._change_parameters(aws, id, old.get("parameters") or [], new.get("parameters") or [])

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self._call(aws, "delete", "parameter_group", **self._named(id))

    def modification(self, parameter: Values) -> Values:
        """A parameter to set, in AWS's spelling."""
        return self.parameter.to_aws(parameter)

    def reset(self, parameter: Values) -> Values:
        """A parameter to put back to its default, in AWS's spelling."""
        return {"ParameterName": parameter["name"]}

    def _change_parameters(self, aws: Aws, id: str, old: Sequence[Values], new: Sequence[Values]) -> None:
        kept = {parameter["name"] for parameter in new}
        changed = [self.modification(parameter) for parameter in new if parameter not in old]
        gone = [self.reset(parameter) for parameter in old if parameter["name"] not in kept]
        for verb, parameters in (("modify", changed), ("reset", gone)):
            for batch in batches(parameters):
                self._call(aws, verb, "parameter_group", **self._named(id), **{self.parameters: batch})


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in runs of at most ``BATCH``."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
