"""Property values on the wire and in Python: protobuf structs with Pulumi's signatures, and plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value

from sandbox.provider.adapter import Asset, Values
from sandbox.provider.errors import ProviderError

# Pulumi's own constants: sdk/go/common/resource/sig and plugin/rpc.go of v3.259.0.
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known only after ``up``."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"


def decode(struct: Struct) -> Values:
    """Plain values: whole numbers as ``int``, secrets unwrapped, assets as ``Asset``, nulls left out of objects."""
    return {name: plain for name, value in struct.fields.items() if (plain := _decode(value)) is not None}


def encode(values: Mapping[str, Any], *, secret: Collection[str] = ()) -> Struct:
    """The wire's form, with the properties named in ``secret`` marked as such where they have a known value."""
    struct = Struct()
    for name, plain in values.items():
        if plain is None:
            continue
        wire = _encode(plain)
        if name in secret and wire != UNKNOWN:
            wire = {_SIGNATURE: _SECRET, "value": wire}
        struct.update({name: wire})
    return struct


def has_unknown(plain: Any) -> bool:
    """Whether any part of the value is not known yet."""
    if isinstance(plain, Mapping):
        return any(has_unknown(part) for part in plain.values())
    if isinstance(plain, list):
        return any(has_unknown(part) for part in plain)
    return bool(plain == UNKNOWN)


def _decode(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_object(value.struct_value)
    return None


def _decode_object(struct: Struct) -> Any:
    plain = decode(struct)
    match plain.get(_SIGNATURE):
        case None:
            return plain
        case str(signature) if signature == _SECRET:
            return plain.get("value")
        case str(signature) if signature in (_ASSET, _ARCHIVE):
            return _decode_asset(plain, archive=signature == _ARCHIVE)
        case signature:
            raise ProviderError(f"the sandbox's plugin does not understand a property value of kind {signature}")


def _decode_asset(plain: Values, *, archive: bool) -> Asset:
    if "uri" in plain or "assets" in plain:
        kind = "a remote asset" if "uri" in plain else "an archive of several assets"
        raise ProviderError(f"the sandbox's plugin does not handle {kind}: use a file")
    return Asset(sha256=plain.get("hash", ""), path=plain.get("path"), text=plain.get("text"), archive=archive)


def _encode(plain: Any) -> Any:
    if isinstance(plain, Asset):
        known = {"hash": plain.sha256, "path": plain.path, "text": plain.text}
        signature = {_SIGNATURE: _ARCHIVE if plain.archive else _ASSET}
        return signature | {name: value for name, value in known.items() if value is not None}
    if isinstance(plain, Mapping):
        return {str(name): _encode(part) for name, part in plain.items() if part is not None}
    if isinstance(plain, (list, tuple)):
        return [_encode(part) for part in plain]
    if plain is None or isinstance(plain, (str, bool, int, float)):
        return plain
    raise TypeError(f"a property cannot hold {plain!r}, of type {type(plain).__name__}")
