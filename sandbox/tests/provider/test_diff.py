"""Diff: what counts as a difference, and what a difference leads to."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.adapter import ADAPTERS, Values
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.values import UNKNOWN
from sandbox.tests.provider.provider_fake import TOKEN, FakeService, Made, Plugin, configured

KIND = provider_pb2.PropertyDiff


def kinds(response: provider_pb2.DiffResponse) -> dict[str, Any]:
    """The kind of each property's difference."""
    return {name: detail.kind for name, detail in response.detailedDiff.items()}


@pytest.fixture
def base() -> Values:
    return {"size": 1, "note": "n", "subnets": ["b", "a"], "policy": '{"a": [1], "b": 2}', "tags": {"Name": "x"}}


def test_the_same_inputs_are_no_difference(plugin: Plugin, base: Values) -> None:
    response = plugin.diff(plugin.create(base), base)
    assert response.changes == response.DIFF_NONE
    assert not response.detailedDiff


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"size": 2}, {"size": KIND.UPDATE}),
        ({"size": 0}, {"size": KIND.UPDATE_REPLACE}),
        ({"note": None}, {"note": KIND.DELETE}),
        ({"zone": "zone-2"}, {"zone": KIND.UPDATE_REPLACE}),
        ({"kind": "fifo"}, {"kind": KIND.UPDATE_REPLACE}),
        ({"grace": 7}, {"grace": KIND.ADD}),
        ({"tags": {"Name": "y"}}, {"tags": KIND.UPDATE, "tagsAll": KIND.UPDATE}),
        ({"region": "us-east-1"}, {"region": KIND.UPDATE_REPLACE}),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_change_is_reported_with_its_kind(
    plugin: Plugin, base: Values, change: Values, expected: dict[str, Any]
) -> None:
    response = plugin.diff(plugin.create(base), base | change)
    assert kinds(response) == expected
    assert response.changes == response.DIFF_SOME
    assert set(response.replaces) == {name for name, kind in expected.items() if kind == KIND.UPDATE_REPLACE}


@pytest.mark.parametrize(
    "spelling",
    [
        {"subnets": ["a", "b"]},
        {"policy": '{"b":2,"a":[1]}'},
        {"zone": "zone-1"},
        {"kind": "standard"},
        {"password": ""},
    ],
    ids=str,
)
def test_another_spelling_of_the_same_is_no_difference(plugin: Plugin, base: Values, spelling: Values) -> None:
    """Order, white space in a document, AWS's own choice or default written out, and empty for absent."""
    assert not kinds(plugin.diff(plugin.create(base), base | spelling))


def test_an_ordered_list_in_another_order_is_a_difference(plugin: Plugin, base: Values) -> None:
    """Only what is declared ``unordered`` may be sorted: a JSON document's own lists are not."""
    made = plugin.create(base | {"policy": '{"a": [1, 2]}'})
    assert kinds(plugin.diff(made, base | {"policy": '{"a": [2, 1]}'})) == {"policy": KIND.UPDATE}


def test_an_unknown_value_counts_as_changed(plugin: Plugin, base: Values) -> None:
    """As with the official provider: better a replacement announced that does not come than the other way round."""
    made = plugin.create(base | {"zone": "zone-2"})
    response = plugin.diff(made, base | {"zone": UNKNOWN, "size": UNKNOWN})
    assert kinds(response) == {"zone": KIND.UPDATE_REPLACE, "size": KIND.UPDATE}


def test_a_given_name_that_stays_is_deleted_before_its_replacement(plugin: Plugin, base: Values) -> None:
    """Two of the same name cannot exist at once; a made name is made anew for the replacement."""
    named = base | {"name": "given"}
    assert plugin.diff(plugin.create(named), named | {"kind": "fifo"}).deleteBeforeReplace
    assert not plugin.diff(plugin.create(named), named | {"name": "other"}).deleteBeforeReplace
    assert not plugin.diff(plugin.create(base), base | {"kind": "fifo"}).deleteBeforeReplace
    assert not plugin.diff(plugin.create(named), named | {"size": 2}).deleteBeforeReplace


def test_an_adapter_may_ask_for_deletion_first(plugin: Plugin, base: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(ADAPTERS[TOKEN]), "delete_before_replace", True)
    assert plugin.diff(plugin.create(base), base | {"kind": "fifo"}).deleteBeforeReplace


def test_another_region_of_the_provider_replaces_what_follows_it(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1})
    moved = configured({"region": "us-east-1"})
    assert kinds(moved.diff(made, {"size": 1})) == {"region": KIND.UPDATE_REPLACE}
    assert not kinds(moved.diff(made, {"size": 1, "region": "eu-west-3"}))


def test_new_default_tags_retag_what_is_there(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1})
    tagging = configured({"defaultTags": '{"tags": {"Client": "c"}}'})
    assert kinds(tagging.diff(made, {"size": 1})) == {"tagsAll": KIND.UPDATE}


def test_a_default_that_the_plugin_learnt_later_is_no_difference(plugin: Plugin) -> None:
    """Inputs checked by an older plugin, or imported, lack the default that the new ones have filled in."""
    made = plugin.create({"size": 1})
    del made.inputs["kind"], made.inputs["listed"]
    assert not kinds(plugin.diff(made, {"size": 1}))


def test_what_aws_decided_otherwise_is_a_difference_unless_it_is_ignored(plugin: Plugin, base: Values) -> None:
    """As for the official provider, which compares with what it read: a restored database keeps its snapshot's key, and
    a program that asks for another one replaces it."""
    asked = base | {"zone": "zone-2"}
    made = plugin.create(asked)
    decided = Made(id=made.id, inputs=made.inputs, state=made.state | {"zone": "zone-1"})
    assert kinds(plugin.diff(decided, asked)) == {"zone": KIND.UPDATE_REPLACE}
    assert not kinds(plugin.diff(decided, asked, "zone"))
    assert kinds(plugin.diff(decided, asked | {"note": "other"}, "zone")) == {"note": KIND.UPDATE}


def test_an_update_leaves_alone_what_is_ignored(plugin: Plugin, base: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plugin.create(base | {"zone": "zone-2"})
    decided = Made(id=made.id, inputs=made.inputs, state=made.state | {"zone": "zone-1"})
    asked: list[frozenset[str]] = []
    monkeypatch.setattr(type(ADAPTERS[TOKEN]), "update", lambda *arguments: asked.append(arguments[-1]))
    plugin.update(decided, base | {"zone": "zone-2", "note": "other"}, "zone")
    assert asked == [frozenset({"note"})]


def test_what_is_unfinished_is_due_without_any_change(plugin: Plugin) -> None:
    made = plugin.create({"size": 1})
    half = Made(id=made.id, inputs=made.inputs, state=made.state | {"__unfinished": True})
    response = plugin.diff(half, {"size": 1})
    assert response.changes == response.DIFF_SOME
    assert not response.replaces
