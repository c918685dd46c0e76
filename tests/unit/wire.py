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
    return {key: _plain(value, key, secrets) for key, value in struct.fields.items()}, frozenset(secrets)


def _plain(value: struct_pb2.Value, path: str, secrets: set[str]) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            # JSON numbers are all floats on the wire; a test wants `port == 3306`.
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "list_value":
            return [
                _plain(element, f"{path}.{index}", secrets) for index, element in enumerate(value.list_value.values)
            ]
        case "struct_value":
            return _plain_struct(value.struct_value.fields, path, secrets)
    return None


def _plain_struct(fields: Mapping[str, struct_pb2.Value], path: str, secrets: set[str]) -> Any:
    # Asking for a key that a message lacks would add it.
    signature = fields[SIGNATURE].string_value if SIGNATURE in fields else None
    if signature == SECRET:
        secrets.add(path)
        return _plain(fields["value"], path, secrets)
    if signature == rpc._special_resource_sig:
        return (fields["id"].string_value if "id" in fields else "") or fields["urn"].string_value
    # An asset or archive: its text, path or nested assets, under those names.
    return {key: _plain(each, f"{path}.{key}", secrets) for key, each in fields.items() if key != SIGNATURE}


def struct_of(values: Mapping[str, Any], *, secret: frozenset[str] = frozenset()) -> struct_pb2.Struct:
    """A struct of plain values, wrapping the named top-level ones as secrets."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.update({key: {SIGNATURE: SECRET, "value": value} if key in secret else value})
    return struct


def completed(inputs: struct_pb2.Struct, added: struct_pb2.Struct) -> struct_pb2.Struct:
    """A resource's outputs: its inputs as they were sent, secrets still secret, and what the cloud answers beside."""
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(inputs)
    outputs.MergeFrom(added)
    return outputs
