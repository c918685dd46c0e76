"""The attributes of load balancers, listeners and target groups: text by dotted key, beside the resource itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.provider.adapter import Values

AttributeRecord = Mapping[str, str]
"""One attribute in AWS's spelling: ``{"Key": …, "Value": …}``."""


@dataclass(frozen=True)
class Attribute:
    """One property that AWS keeps as an attribute. The type of its default is the type of the property."""

    key: str
    default: bool | int | str
    """AWS's default (Elastic Load Balancing API reference); an attribute that AWS leaves out has it."""

    def parse(self, text: str) -> bool | int | str:
        """The property's value for AWS's text."""
        if isinstance(self.default, bool):
            return text == "true"
        return int(text) if isinstance(self.default, int) else text


Attributes = Mapping[str, Attribute]
"""Attributes by the property's name."""


def to_records(attributes: Attributes, values: Values, names: Iterable[str]) -> list[dict[str, str]]:
    """Those of the named properties that are attributes, in AWS's spelling; one without a value takes its default."""
    return [
        {"Key": attribute.key, "Value": as_text(attribute.default if values.get(name) is None else values[name])}
        for name in sorted(names)
        if (attribute := attributes.get(name)) is not None
    ]


def not_default(attributes: Attributes, values: Values) -> set[str]:
    """The properties to set on a new resource: those whose value is not AWS's default."""
    return {
        name
        for name, attribute in attributes.items()
        if values.get(name) is not None and values[name] != attribute.default
    }


def from_records(attributes: Attributes, records: Iterable[AttributeRecord]) -> Values:
    """The properties of AWS's answer, all of them."""
    texts = as_mapping(records)
    return {
        name: attribute.parse(texts[attribute.key]) if attribute.key in texts else attribute.default
        for name, attribute in attributes.items()
    }


def as_mapping(records: Iterable[AttributeRecord]) -> dict[str, str]:
    """AWS's attributes by key."""
    return {record["Key"]: record["Value"] for record in records}


def as_text(value: bool | int | str) -> str:
    """A value as AWS keeps it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
