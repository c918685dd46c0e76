"""Check: what the plugin refuses, and what it fills in."""

from __future__ import annotations

import pytest

from sandbox.provider.errors import MissingAdapterError
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.values import UNKNOWN
from sandbox.tests.provider.provider_fake import FakeService, Plugin, configured

AUTONAMING = provider_pb2.CheckRequest.AutonamingOptions


def test_an_undeclared_property_is_refused_with_its_type_and_the_file_to_add_it_in(plugin: Plugin) -> None:
    """Nothing that the embedded AWS would not get is silently accepted."""
    _, failures = plugin.check({"size": 1, "colour": "red"})
    assert failures.keys() == {"colour"}
    for part in ("aws:fake/queue:Queue", "'colour'", "sandbox/tests/provider/provider_fake.py"):
        assert part in failures["colour"]


def test_a_missing_required_property_is_refused(plugin: Plugin) -> None:
    _, failures = plugin.check({"note": "x"})
    assert failures.keys() == {"size"}


def test_an_unknown_required_property_is_not_missing(plugin: Plugin) -> None:
    """At preview most wiring is unknown: that is not the same as absent."""
    inputs, failures = plugin.check({"size": UNKNOWN})
    assert not failures
    assert inputs["size"] == UNKNOWN


def test_the_adapters_own_rules_see_known_values_only(plugin: Plugin) -> None:
    assert plugin.check({"size": 11})[1] == {"size": "must be at most 10, got 11"}
    assert not plugin.check({"size": UNKNOWN})[1]


def test_defaults_are_filled_in_where_the_program_says_nothing(plugin: Plugin) -> None:
    inputs, _ = plugin.check({"size": 1, "listed": False})
    assert inputs["kind"] == "standard"
    assert inputs["listed"] is False


def test_a_name_is_made_of_the_logical_name_and_seven_hex_digits(plugin: Plugin) -> None:
    name = plugin.check({"size": 1})[0]["name"]
    stem, digits = name[:7], name[7:]
    assert stem == "orders-"
    assert len(digits) == 7
    assert int(digits, 16) >= 0


def test_the_same_seed_makes_the_same_name(plugin: Plugin) -> None:
    """A preview saved as a plan names what the update then makes."""
    names = {plugin.check({"size": 1}, randomSeed=b"seed")[0]["name"] for _ in range(2)}
    assert len(names) == 1
    assert names != {plugin.check({"size": 1}, randomSeed=b"other")[0]["name"]}


def test_a_made_name_stays_through_updates_and_a_given_one_does_not_linger(plugin: Plugin) -> None:
    """A name that changed by itself would replace the resource; one that the program took back is no longer meant."""
    first, _ = plugin.check({"size": 1})
    assert plugin.check({"size": 2}, olds=first)[0]["name"] == first["name"]
    given, _ = plugin.check({"size": 1, "name": "given"})
    assert plugin.check({"size": 1}, olds=given)[0]["name"] != "given"


def test_a_name_is_lowercase_where_aws_wants_it_so(plugin: Plugin) -> None:
    assert plugin.check({"size": 1}, name="Orders")[0]["name"].startswith("orders-")


def test_a_name_that_would_be_too_long_is_refused_not_cut(plugin: Plugin) -> None:
    _, failures = plugin.check({"size": 1}, name="a-rather-long-name")
    assert failures.keys() == {"name"}
    assert "more than the 20 that AWS allows" in failures["name"]


def test_the_projects_own_autonaming_is_obeyed(plugin: Plugin) -> None:
    proposed = AUTONAMING(proposed_name="orders-prod", mode=AUTONAMING.ENFORCE)
    assert plugin.check({"size": 1}, autonaming=proposed)[0]["name"] == "orders-prod"
    disabled = AUTONAMING(mode=AUTONAMING.DISABLE)
    assert plugin.check({"size": 1}, autonaming=disabled)[1].keys() == {"name"}


def test_region_and_all_tags_come_from_the_provider(fake: FakeService) -> None:
    """A policy that asks for tags sees them at preview, default ones included; the resource's own win."""
    provider = configured({"region": "us-east-1", "defaultTags": '{"tags": {"Client": "c", "System": "s"}}'})
    inputs, _ = provider.check({"size": 1, "tags": {"System": "own"}})
    assert inputs["region"] == "us-east-1"
    assert inputs["tagsAll"] == {"Client": "c", "System": "own"}
    assert provider.check({"size": 1, "region": "eu-west-1"})[0]["region"] == "eu-west-1"
    assert provider.check({"size": 1, "tags": UNKNOWN})[0]["tagsAll"] == UNKNOWN


@pytest.mark.parametrize(
    ("token", "file"),
    [
        ("aws:nosuch/thing:Thing", "sandbox/provider/aws/nosuch.py"),
        ("aws:vpc/thing:Thing", "sandbox/provider/aws/vpc.py"),
        ("random:index/randomThing:RandomThing", "sandbox/provider/random.py"),
    ],
)
def test_a_type_without_an_adapter_is_an_error_naming_it_and_the_file_to_add_it_in(token: str, file: str) -> None:
    with pytest.raises(MissingAdapterError) as error:
        configured(type=token).check({})
    assert token in str(error.value)
    assert f"in {file}." in str(error.value)
