"""AWS's own description of its API, as botocore has it, held against what adapters write and read.

boto3 itself refuses an argument that an operation does not have. What it lets pass is a misspelt member of an answer:
`answer.get("Vpcid")` is None for ever. A strict client answers records that refuse such names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

_ADDED = frozenset({"ResponseMetadata"})
"""What boto3 adds to every answer."""


class UnknownMemberError(AssertionError):
    """Code asks an answer for a member that AWS's model does not have."""


class Record(dict[str, Any]):
    """A record of an answer: asked for a member that its shape does not have, it raises `UnknownMemberError`."""

    def __init__(self, values: Mapping[str, Any], shape: Shape) -> None:
        members: Mapping[str, Shape] = shape.members
        super().__init__({name: strict(value, members.get(name)) for name, value in values.items()})
        self._shape = shape

    def __getitem__(self, name: str) -> Any:
        self._check(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._check(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._check(str(name))
        return super().__contains__(name)

    def _check(self, name: str) -> None:
        if name not in self._shape.members and name not in _ADDED:
            raise UnknownMemberError(
                f"{self._shape.name}: got member {name}, expected one of {', '.join(self._shape.members)}"
            )


def strict(value: Any, shape: Shape | None) -> Any:
    """An answer, or a part of one, whose records know their members."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return Record(value, shape)
    if shape.type_name == "list":
        return [strict(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: strict(item, shape.value) for key, item in value.items()}
    return value


def make_strict(client: Any) -> Any:
    """The client, whose answers are strict from now on."""
    call = client._make_api_call

    def checked(operation: str, arguments: Mapping[str, Any]) -> Any:
        answer = call(operation, arguments)
        return strict(answer, client.meta.service_model.operation_model(operation).output_shape)

    client._make_api_call = checked
    return client
