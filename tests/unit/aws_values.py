"""The values that AWS takes, by botocore's models of its operations: a resource's inputs beside their shapes."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session

from tests.unit.graph import Resource


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The operation of AWS that takes a resource's inputs.

    ``within`` is the dotted path of the members that wrap them. ``renamed`` says which member takes a property whose
    name differs in more than case and plural: ``{"rootBlockDevice": "BlockDeviceMappings.Ebs"}``.
    """

    service: str
    name: str
    within: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value in a resource's inputs, with the shape that AWS gives it; None where no member is known."""

    path: str
    """Dotted, without the places in lists: ``defaultActions.type``."""
    value: Any
    shape: Any

    @property
    def is_listed(self) -> bool:
        """Whether AWS lists the values."""
        return bool(self.shape is not None and self.shape.type_name == "string" and self.shape.enum)

    @property
    def fault(self) -> str:
        """What AWS takes instead; empty when it takes the value, or its model does not say."""
        if self.shape is None:
            return ""
        text = str(self.value)
        is_text = self.shape.type_name == "string"
        if self.is_listed and text not in self.shape.enum:
            return f"expected one of {', '.join(sorted(self.shape.enum))}"
        pattern = self.shape.metadata.get("pattern") if is_text else None
        if pattern and not _matches(pattern, text):
            return f"expected text like {pattern}"
        size = len(text) if is_text else self.value
        if isinstance(size, bool) or not isinstance(size, int | float):
            return ""
        lowest, highest = (self.shape.metadata.get(limit) for limit in ("min", "max"))
        if lowest is not None and size < lowest:
            return f"expected at least {lowest}"
        return f"expected at most {highest}" if highest is not None and size > highest else ""

    def is_in_documentation(self) -> bool:
        """Whether AWS's description of the member has the value as a word, where its model lists none."""
        return bool(re.search(rf"(?<![\w.-]){re.escape(str(self.value))}(?![\w-])", self.shape.documentation))


def _matches(pattern: str, text: str) -> bool:
    """AWS's patterns are those of Java, and hold for the whole text. One that Python cannot read takes any text."""
    for java, python in ((r"\p{L}", "A-Za-z"), (r"\p{Z}", " "), (r"\p{N}", "0-9")):
        pattern = pattern.replace(java, python)
    try:
        return bool(re.fullmatch(pattern, text))
    except re.error:
        return True


def values(resource: Resource, operation: Operation) -> Iterator[Value]:
    """Each plain value in a resource's inputs. Maps with keys of the user's own, such as tags, have none."""
    shape = _model(operation.service).operation_model(operation.name).input_shape
    for name in filter(None, operation.within.split(".")):
        shape = _inside(shape).members[name]
    yield from _values(resource.inputs, shape, "", operation.renamed)


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _values(value: Any, shape: Any, path: str, renamed: Mapping[str, str]) -> Iterator[Value]:
    if isinstance(value, list):
        for each in value:
            yield from _values(each, shape, path, renamed)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            place = f"{path}.{key}" if path else key
            if place not in _USERS_OWN:
                yield from _values(each, _member(shape, renamed.get(place, key)), place, renamed)
    else:
        inside = None if shape is None else _inside(shape)
        yield Value(path=path, value=value, shape=None if inside is None or _is_nested(inside) else inside)


_USERS_OWN = {
    "dimensions",
    "export.dataQueries.tableConfigurations",
    "metricQueries.metric.dimensions",
    "rootBlockDevice.tags",
    "rules.recoveryPointTags",
    "tags",
}


def _inside(shape: Any) -> Any:
    """The shape of what a list holds: AWS has lists where the SDK has one block. CloudFront counts its lists."""
    while shape.type_name == "list" or (shape.type_name == "structure" and "Items" in shape.members):
        shape = shape.member if shape.type_name == "list" else shape.members["Items"]
    return shape


def _is_nested(shape: Any) -> bool:
    return shape.type_name in {"structure", "map"}


def _member(shape: Any, dotted: str) -> Any:
    """The member of a dotted name, in any case, singular or plural; None when there is none."""
    for name in dotted.split("."):
        # What surrounds CloudFront's lists has other members, too: cachedMethods is inside allowedMethods.
        for candidate in (shape, None if shape is None else _inside(shape)):
            found = _named(candidate, name)
            if found is not None:
                break
        shape = found
    return shape


def _named(shape: Any, name: str) -> Any:
    if shape is None or shape.type_name != "structure":
        return None
    by_name = {each.lower(): member for each, member in shape.members.items()}
    lower = name.lower()
    return next((by_name[each] for each in (lower, f"{lower}s", lower.removesuffix("s")) if each in by_name), None)
