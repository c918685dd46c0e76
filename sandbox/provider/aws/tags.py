"""Tags: the forms in which AWS's services carry them, and the calls that read and change them.

class Topic(Adapter):
    tagging = Tagging(service="sns")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import getitem
from typing import Any

from sandbox.provider.adapter import Aws, Values

TagRecord = dict[str, str]


def to_records(tags: Mapping[str, str] | None) -> list[TagRecord]:
    """The tags as AWS's list of records, in the order of their keys; empty for none."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def from_records(records: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags of a list of records as a mapping; a tag without a value has the empty one."""
    return {record["Key"]: record.get("Value", "") for record in records or ()}


def keys_as_records(keys: Iterable[str]) -> list[TagRecord]:
    """Keys of tags to remove, for services that take records there too."""
    return [{"Key": key} for key in keys]


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """The calls of one service that read, set and remove the tags of a resource. The defaults are the commonest."""

    service: str
    region: str | None = None
    """For a service that has only one."""
    by_arn: bool = False
    """The tags are kept under the output ``arn``, not under the resource's id."""
    resource: str = "ResourceArn"
    """The argument that names the resource."""
    several: bool = False
    """That argument is a list."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further arguments of each call."""
    reading: str = "list_tags_for_resource"
    answer: Sequence[str | int] = ("Tags",)
    """The way to the tags in the answer of ``reading``."""
    setting: str = "tag_resource"
    tags: str = "Tags"
    removing: str = "untag_resource"
    """The same as ``setting`` where one call does both."""
    keys: str = "TagKeys"
    to_aws: Callable[[Mapping[str, str]], Any] = to_records
    from_aws: Callable[[Any], dict[str, str]] = from_records
    keys_to_aws: Callable[[Sequence[str]], Any] = list

    def read(self, aws: Aws, resource: str) -> dict[str, str]:
        """The tags of a resource, named by its id, or by its ARN with ``by_arn``."""
        answer: Any = self._call(aws, self.reading, resource)
        return self.from_aws(reduce(getitem, self.answer, answer))

    def change(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        """Set and remove tags of a resource."""
        resource = str(state["arn"]) if self.by_arn else id
        removal = {self.keys: self.keys_to_aws(remove)} if remove else {}
        addition = {self.tags: self.to_aws(add)} if add else {}
        if self.setting == self.removing:
            self._call(aws, self.setting, resource, **removal, **addition)
            return
        if removal:
            self._call(aws, self.removing, resource, **removal)
        if addition:
            self._call(aws, self.setting, resource, **addition)

    def _call(self, aws: Aws, operation: str, resource: str, **arguments: Any) -> Any:
        named = {self.resource: [resource] if self.several else resource}
        return getattr(aws.client(self.service, self.region), operation)(**self.more, **named, **arguments)
