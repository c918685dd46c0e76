"""Values on the wire: numbers, secrets, unknowns and assets, there and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from sandbox.provider.adapter import Asset, Values
from sandbox.provider.errors import ProviderError
from sandbox.provider.values import UNKNOWN, decode, encode, has_unknown

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

SCALARS = st.text() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def wire(values: Values) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


@given(st.dictionaries(st.text(), PLAIN))
def test_plain_values_come_back_as_they_went(values: Values) -> None:
    assert decode(encode(values)) == values


def test_whole_numbers_are_int() -> None:
    """The wire knows floats only, and boto3 refuses a float where AWS wants a count."""
    decoded = decode(wire({"port": 443.0, "nested": [{"size": 2.0}], "ratio": 0.5}))
    assert decoded["ratio"] == 0.5
    assert isinstance(decoded["port"], int)
    assert isinstance(decoded["nested"][0]["size"], int)


def test_nulls_are_left_out_of_objects() -> None:
    assert decode(wire({"gone": None, "kept": {"gone": None, "there": 1}})) == {"kept": {"there": 1}}
    assert not encode({"gone": None}).fields


def test_secrets_are_unwrapped_wherever_they_are() -> None:
    """The engine is asked not to send any, but a state written by another plugin may hold them."""
    secret = {SIGNATURE: SECRET, "value": "hunter2"}
    assert decode(wire({"a": secret, "b": [{"c": secret}]})) == {"a": "hunter2", "b": [{"c": "hunter2"}]}


def test_only_known_values_are_marked_secret() -> None:
    """The engine cannot tell that a secret holds an unknown."""
    struct = encode({"known": "x", "later": UNKNOWN, "open": "y"}, secret={"known", "later", "absent"})
    assert struct == wire({"known": {SIGNATURE: SECRET, "value": "x"}, "later": UNKNOWN, "open": "y"})


def test_unknowns_are_found_at_any_depth() -> None:
    assert has_unknown([{"a": ["x", UNKNOWN]}])
    assert not has_unknown({"a": ["x", 1, None]})


def test_assets_arrive_typed_and_go_back_as_they_came(tmp_path: Path) -> None:
    file = tmp_path / "app.zip"
    file.write_bytes(b"zip")
    values = {
        "text": {SIGNATURE: ASSET, "hash": "1", "text": "hello"},
        "file": {SIGNATURE: ARCHIVE, "hash": "2", "path": str(file)},
    }
    decoded = decode(wire(values))
    assert decoded["text"].read() == b"hello"
    assert decoded["file"].read() == b"zip"
    assert encode(decoded) == wire(values)


def test_assets_are_equal_by_content() -> None:
    """A file that moved is not a change."""
    assert Asset(sha256="1", path="a") == Asset(sha256="1", path="b")
    assert Asset(sha256="1", path="a") != Asset(sha256="2", path="a")


def test_an_asset_that_the_state_has_forgotten_cannot_be_read() -> None:
    with pytest.raises(FileNotFoundError, match="abc"):
        Asset(sha256="abc").read()


@pytest.mark.parametrize(
    "value",
    [
        {SIGNATURE: ASSET, "hash": "1", "uri": "https://example.com/x"},
        {SIGNATURE: ARCHIVE, "hash": "1", "assets": {}},
        {SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x"},
    ],
    ids=["remote", "several", "resource"],
)
def test_a_value_that_the_plugin_does_not_understand_is_refused(value: Values) -> None:
    with pytest.raises(ProviderError):
        decode(wire({"source": value}))


def test_what_is_not_a_property_value_is_refused() -> None:
    """boto3 answers dates, which an adapter has to spell as pulumi-aws does."""
    with pytest.raises(TypeError, match="datetime"):
        encode({"created": datetime.now(UTC)})
