"""Which properties a resource class of the SDK has, so that no test has one that AWS does not know."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi import _types


def check_properties(kind: type[pulumi.Resource], properties: Mapping[str, Any]) -> None:
    """Raises TypeError naming the first property, by its wire name and path, that the class does not have."""
    _check(kind.__name__, _types.resource_types(kind), properties)


def _check(where: str, known: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    for name, value in properties.items():
        if name not in known:
            raise TypeError(f"{where} has no {name}")
        _check_value(f"{where}.{name}", known[name], value)


def _check_value(where: str, kind: Any, value: Any) -> None:
    kind = _without_none(kind)
    origin = typing.get_origin(kind)
    if isinstance(value, list) and origin in (list, Sequence):
        for element in value:
            _check_value(where, typing.get_args(kind)[0], element)
    elif isinstance(value, Mapping) and isinstance(kind, type) and _types.is_output_type(kind):
        _check(where, _types.output_type_types(kind), value)


def _without_none(kind: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(each for each in typing.get_args(kind) if each is not type(None))
    return kind
