"""The random provider: made once from its inputs, replaced by any change of them, and kept in the state."""

from __future__ import annotations

import string
import uuid

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


def token(name: str) -> str:
    return str(getattr(pulumi_random, name).pulumi_type)


def of(name: str) -> Plugin:
    return configured(package="random", type=token(name))


MINIMAL: dict[str, Values] = {
    "RandomPassword": {"length": 16},
    "RandomString": {"length": 16},
    "RandomId": {"byteLength": 4},
    "RandomBytes": {"length": 4},
    "RandomPet": {},
    "RandomInteger": {"min": 1, "max": 6},
    "RandomUuid": {},
    "RandomShuffle": {"inputs": ["a", "b", "c"]},
}


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
    plugin = of("RandomUuid")
    assert "region" not in plugin.check({})[0]
    plugin.servicer.cancel(Empty())


@pytest.mark.parametrize("name", ["RandomPassword", "RandomString"])
def test_a_text_has_the_length_and_kinds_asked_for(name: str) -> None:
    news = {"length": 12, "minUpper": 3, "minNumeric": 4, "minSpecial": 2, "overrideSpecial": "#", "lower": False}
    for _ in range(50):
        result = of(name).create(news).state["result"]
        assert len(result) == 12
        assert set(result) <= set(string.ascii_uppercase + string.digits + "#")
        assert sum(character.isupper() for character in result) >= 3
        assert sum(character.isdigit() for character in result) >= 4
        assert result.count("#") >= 2


@pytest.mark.parametrize("switch", ["numeric", "number"])
def test_numeric_goes_by_its_older_name_too(switch: str) -> None:
    made = of("RandomString").create({"length": 200, switch: False})
    assert not any(character.isdigit() for character in made.state["result"])
    assert made.state["numeric"] is made.state["number"] is False


@pytest.mark.parametrize(
    "news",
    [
        {"length": 3, "minUpper": 2, "minLower": 2},
        {"length": 0},
        {"length": 4, "upper": False, "lower": False, "numeric": False, "special": False},
        {"length": 4, "upper": False, "minUpper": 1},
    ],
    ids=str,
)
def test_a_text_that_cannot_be_made_is_refused(news: Values) -> None:
    assert of("RandomPassword").check(news)[1]


def test_a_password_is_secret_on_the_wire_and_its_hash_is_its_own() -> None:
    plugin = of("RandomPassword")
    made = plugin.create({"length": 80})
    assert bcrypt.checkpw(made.state["result"].encode()[:72], made.state["bcryptHash"].encode())
    request = provider_pb2.CreateRequest(type=plugin.type, properties=encode(made.inputs))
    fields = plugin.servicer.create(request).properties.fields
    for name in ("result", "bcryptHash"):
        assert fields[name].struct_value["4dabf18193072939515e22adb298388d"]
    assert made.id == "none"


def test_the_spellings_of_an_id_agree() -> None:
    made = of("RandomId").create({"byteLength": 4, "prefix": "p-"})
    number = int(made.state["hex"].removeprefix("p-"), 16)
    assert made.state["dec"] == f"p-{number}"
    assert made.state["b64Url"] == f"p-{made.id}"
    assert made.state["b64Std"].endswith("==")


@pytest.mark.parametrize(
    ("name", "import_id", "id", "outputs"),
    [
        ("RandomId", "p-,AAECAw", "AAECAw", {"hex": "p-00010203", "byteLength": 4, "prefix": "p-"}),
        ("RandomUuid", str(uuid.UUID(int=7)), str(uuid.UUID(int=7)), {"result": str(uuid.UUID(int=7))}),
        ("RandomString", "abc", "abc", {"result": "abc", "length": 3}),
        ("RandomPassword", "abc", "none", {"result": "abc", "length": 3}),
    ],
)
def test_a_value_can_be_imported(name: str, import_id: str, id: str, outputs: Values) -> None:
    """A password never becomes an id, which the state does not encrypt."""
    imported = of(name).read(import_id)
    assert imported.state.items() >= outputs.items()
    assert imported.id == id


@pytest.mark.parametrize(("name", "id"), [("RandomUuid", "no-uuid"), ("RandomPet", "brave-fox")])
def test_what_cannot_be_imported_says_so(name: str, id: str) -> None:
    with pytest.raises(ProviderError):
        of(name).read(id)


def test_a_seed_repeats_the_value() -> None:
    integers = {of("RandomInteger").create({"min": 1, "max": 10**9, "seed": "s"}).state["result"] for _ in range(3)}
    assert len(integers) == 1
    assert of("RandomInteger").check({"min": 2, "max": 1})[1]
    shuffled = of("RandomShuffle").create({"inputs": ["a", "b", "c"], "resultCount": 5, "seed": "s"}).state["results"]
    assert len(shuffled) == 5
    assert sorted(shuffled[:3]) == ["a", "b", "c"]


def test_a_pet_has_as_many_words_as_asked_for() -> None:
    made = of("RandomPet").create({"length": 3, "prefix": "my", "separator": "_"})
    assert len(made.id.split("_")) == 4
    assert made.id.startswith("my_")
