"""Read: a refresh finds drift in what the program manages, and an import builds inputs from the live resource."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Values
from sandbox.provider.protocol import provider_pb2
from sandbox.tests.provider.provider_fake import FakeService, Plugin, configured
from sandbox.tests.refusals import aws_refuses

INPUTS: Values = {"size": 1, "note": "n", "password": "hunter2", "grace": 7, "tags": {"Name": "x"}}


def test_a_refresh_without_drift_changes_nothing(plugin: Plugin) -> None:
    """What AWS never gives back, or never got, is kept."""
    made = plugin.create(INPUTS)
    assert plugin.refresh(made) == made


@pytest.mark.parametrize(
    ("drift", "changed"),
    [
        ({"size": 5}, ["size"]),
        ({"note": None}, ["note"]),
        ({"listed": False}, ["listed"]),
        ({"kind": "fifo"}, ["kind"]),
        ({"tags": {"Name": "y"}}, ["tags", "tagsAll"]),
        ({"tags": {"Name": "x", "Stranger": "1"}}, ["tags", "tagsAll"]),
    ],
    ids=str,
)
def test_drift_in_a_managed_property_is_found_and_mended(
    plugin: Plugin, fake: FakeService, drift: Values, changed: list[str]
) -> None:
    """Changed, unset and default values, and others' tags: the next preview shows each, and names nothing else."""
    made = plugin.create(INPUTS)
    fake.queues[made.id].update(drift)
    refreshed = plugin.refresh(made)
    assert sorted(set(plugin.diff(refreshed, INPUTS).diffs)) == changed
    if changed != ["kind"]:  # which replaces
        mended = plugin.update(refreshed, INPUTS)
        assert not plugin.diff(plugin.refresh(mended), INPUTS).diffs


def test_drift_in_what_the_program_does_not_manage_stays_an_output(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1})
    fake.queues[made.id]["subnets"] = ["a"]
    refreshed = plugin.refresh(made)
    assert refreshed.inputs == made.inputs
    assert refreshed.state["subnets"] == ["a"]


def test_aws_s_own_tags_are_no_drift(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create(INPUTS)
    fake.queues[made.id]["tags"]["aws:cloudformation:stack-name"] = "s"
    assert plugin.refresh(made) == made


def test_a_default_tag_that_the_resource_repeats_stays_its_own(fake: FakeService) -> None:
    """Otherwise a refresh would drop it from the inputs, and the next preview would add it back, for ever."""
    tagging = configured({"defaultTags": '{"tags": {"Client": "c"}}'})
    made = tagging.create({"size": 1, "tags": {"Client": "c"}})
    assert tagging.refresh(made) == made


def test_what_is_gone_has_no_id(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1})
    fake.queues.clear()
    assert not plugin.refresh(made).id


def test_a_failed_read_is_not_taken_for_gone(plugin: Plugin, fake: FakeService) -> None:
    """Forgetting a live resource because AWS was busy would make a second one."""
    made = plugin.create({"size": 1})
    fake.failing = {"DescribeQueue"}
    with aws_refuses("Throttled"):
        plugin.refresh(made)


def test_an_import_takes_what_was_chosen_and_leaves_out_what_is_default_or_empty(fake: FakeService) -> None:
    tagging = configured({"defaultTags": '{"tags": {"Client": "c"}}'})
    tagging.create({"size": 3, "note": "n", "listed": False, "subnets": [], "tags": {"Name": "x"}})
    imported = tagging.read("q-1")
    assert imported.id == "q-1"
    assert imported.inputs.pop("name").startswith("orders-")
    assert imported.inputs == {
        "size": 3,
        "note": "n",
        "listed": False,
        "zone": "zone-1",
        "region": "eu-west-3",
        "tags": {"Name": "x"},
        "tagsAll": {"Name": "x", "Client": "c"},
    }


def test_an_imported_resource_is_no_difference_to_the_program_that_describes_it(
    plugin: Plugin, fake: FakeService
) -> None:
    name = plugin.create({"size": 3, "tags": {"Name": "x"}}).inputs["name"]
    imported = plugin.read("q-1")
    assert not plugin.diff(imported, {"size": 3, "name": name, "tags": {"Name": "x"}}).diffs


def test_an_import_of_another_region_names_it_after_the_id(plugin: Plugin) -> None:
    """pulumi-aws 7's own form; without the suffix the provider's region is meant."""
    plugin.create({"size": 1, "region": "us-east-1"})
    imported = plugin.read("q-1@us-east-1")
    assert imported.id == "q-1"
    assert imported.state["region"] == "us-east-1"
    assert plugin.read("q-1").state["region"] == "eu-west-3"


def test_an_import_of_nothing_has_no_id(plugin: Plugin) -> None:
    assert plugin.servicer.read(provider_pb2.ReadRequest(id="q-9", type=plugin.type)).id == ""
