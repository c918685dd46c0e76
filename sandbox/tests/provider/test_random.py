"""The random provider: values made once from the inputs, replaced when an input changes, and kept in the state."""

from __future__ import annotations

import string

import bcrypt
import pulumi_random
import pytest
from google.protobuf.empty_pb2 import Empty

from sandbox.provider.adapter import Values
from sandbox.provider.errors import ProviderError
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.registry import find_adapter
from sandbox.provider.values import encode
from sandbox.tests.provider.provider_fake import Plugin, configured

MINIMAL: dict[str, Values] = {
    "RandomPassword": {"length": 16},
    "RandomBytes": {"length": 16},
    "RandomId": {"byteLength": 4},
}


def token(name: str) -> str:
    return str(getattr(pulumi_random, name).pulumi_type)


def of(name: str) -> Plugin:
    return configured(package="random", type=token(name))


@pytest.mark.parametrize("name", MINIMAL)
def test_every_change_of_an_input_replaces(name: str) -> None:
    made = of(name).create(MINIMAL[name])
    assert not of(name).diff(made, MINIMAL[name]).diffs
    response = of(name).diff(made, MINIMAL[name] | {"keepers": {"release": "2"}})
    assert list(response.replaces) == ["keepers"]
    assert all(declared.replaces for declared in find_adapter(token(name)).properties.values())


@pytest.mark.parametrize("name", MINIMAL)
def test_a_refresh_keeps_the_value_and_a_preview_has_none(name: str) -> None:
    plugin = of(name)
    made = plugin.create(MINIMAL[name])
    assert plugin.refresh(made).state == made.state
    outputs = find_adapter(token(name)).outputs
    assert all(plugin.plan_create(MINIMAL[name])[output] != made.state[output] for output in outputs)
    assert made.state.keys() >= set(outputs)
    plugin.delete(made)


def test_nothing_of_aws_is_asked_for() -> None:
    """The random plugin needs no endpoint and no region, and Ctrl-C finds nothing to cancel."""
    plugin = of("RandomBytes")
    assert "region" not in plugin.check({"length": 16})[0]
    plugin.servicer.cancel(Empty())


def test_a_password_has_the_length_and_kinds_asked_for() -> None:
    news = {"length": 12, "minUpper": 3, "minNumeric": 4, "minSpecial": 2, "overrideSpecial": "#", "lower": False}
    for _ in range(50):
        result = of("RandomPassword").create(news).state["result"]
        assert len(result) == 12
        assert set(result) <= set(string.ascii_uppercase + string.digits + "#")
        assert sum(character.isupper() for character in result) >= 3
        assert sum(character.isdigit() for character in result) >= 4
        assert result.count("#") >= 2


@pytest.mark.parametrize(
    ("news", "property"),
    [
        ({"length": 3, "minUpper": 2, "minLower": 2}, "length"),
        ({"length": 0}, "length"),
        ({"length": 4, "upper": False, "lower": False, "numeric": False, "special": False}, "length"),
        ({"length": 4, "upper": False, "minUpper": 1}, "minUpper"),
    ],
    ids=str,
)
def test_a_password_that_cannot_be_made_is_refused(news: Values, property: str) -> None:
    assert list(of("RandomPassword").check(news)[1]) == [property]


def test_a_password_is_secret_on_the_wire_and_its_hash_is_its_own() -> None:
    plugin = of("RandomPassword")
    made = plugin.create({"length": 80})
    assert bcrypt.checkpw(made.state["result"].encode()[:72], made.state["bcryptHash"].encode())
    request = provider_pb2.CreateRequest(type=plugin.type, properties=encode(made.inputs))
    fields = plugin.servicer.create(request).properties.fields
    for name in ("result", "bcryptHash"):
        assert fields[name].struct_value["4dabf18193072939515e22adb298388d"]
    assert made.id == "none"


def test_a_password_can_be_imported() -> None:
    """It never becomes the id, which the state does not encrypt."""
    imported = of("RandomPassword").read("abc")
    assert imported.state.items() >= {"result": "abc", "length": 3}.items()
    assert imported.id == "none"


def test_what_cannot_be_imported_says_so() -> None:
    with pytest.raises(ProviderError):
        of("RandomBytes").read("AAEC")
