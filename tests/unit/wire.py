"""Between the engine's protobuf structs and plain Python values: secrets, assets, resource references and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SIGNATURE = rpc._special_sig_key
SECRET = rpc._special_secret_sig


def plain(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    """A struct's values, and the dotted paths (``settings.3.value``) of those that were wrapped as secrets."""
    secrets: set[str] = set()
    return {key: _plain(value, key, secrets) for key, value in struct.items()}, frozenset(secrets)


def _plain(value: Any, path: str, secrets: set[str]) -> Any:
    if isinstance(value, float):
        # JSON numbers are all floats on the wire; a test wants `port == 3306`.
        return int(value) if value.is_integer() else value
    if isinstance(value, struct_pb2.ListValue):
        return [_plain(element, f"{path}.{index}", secrets) for index, element in enumerate(value)]
    if not isinstance(value, struct_pb2.Struct):
        return value
    if SIGNATURE not in value.fields:
        return {key: _plain(each, f"{path}.{key}", secrets) for key, each in value.items()}
    if value[SIGNATURE] == SECRET:
        secrets.add(path)
        return _plain(value["value"], path, secrets)
    if value[SIGNATURE] == rpc._special_resource_sig:
        return value["id"] or value["urn"]
    # An asset or archive: its text, path or nested assets, under those names.
    return {key: _plain(each, f"{path}.{key}", secrets) for key, each in value.items() if key != SIGNATURE}


def struct_of(values: Mapping[str, Any], *, secret: frozenset[str] = frozenset()) -> struct_pb2.Struct:
    """A struct of plain values, wrapping the named top-level ones as secrets."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.update({key: {SIGNATURE: SECRET, "value": value} if key in secret else value})
    return struct


def completed(inputs: struct_pb2.Struct, answer: Mapping[str, Any], *, secret: frozenset[str]) -> struct_pb2.Struct:
    """A resource's outputs: its inputs as they were sent, secrets still secret, completed with what the cloud answers.

    An answer never overrides an input, as the engine and providers keep what the program asked for.
    """
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(inputs)
    missing = {key: value for key, value in answer.items() if key not in outputs.fields}
    outputs.MergeFrom(struct_of(missing, secret=secret))
    return outputs
