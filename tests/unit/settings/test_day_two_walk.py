"""How the walk of `tests/platform/day_two.py` edits stack files, groups edits, and tells what is away for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import pytest

from policies.engine.yaml_file import read_yaml
from policies.generated.aws_types import cloudwatch, ec2, elasticbeanstalk, rds, route53
from sandbox.tests.platform import REPOSITORY
from settings.day_two import Outcome
from tests.platform.day_two import EDITS, Edit, batches, changed, edits
from tests.platform.interruptions import DELETIONS, REPLACEMENTS, SMOOTH, UPDATES, interruptions

# Edits of a stack file.

FRONT = {"instances": 4}
NAMES = ["client.url", "www.client.url"]
STACK_FILE: Mapping[str, Any] = {
    "secretsprovider": "awskms",
    "config": {
        "aws:region": "eu-west-3",
        "magento:protect": True,
        "magento:site": {"front": FRONT, "host_names": NAMES},
        "magento:buckets": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    },
}


def config(put: Mapping[str, Any]) -> dict[str, Any]:
    """What the edit leaves of `STACK_FILE`, which stays as it is."""
    before = deepcopy(STACK_FILE)
    found = changed(STACK_FILE, put)
    assert before == STACK_FILE
    assert found["secretsprovider"] == "awskms"
    assert found["config"]["aws:region"] == "eu-west-3"
    of_the_program: dict[str, Any] = found["config"]
    return of_the_program


@pytest.mark.parametrize(
    ("path", "value", "section", "expected"),
    [
        ("protect", False, "protect", False),
        ("site.front.instances", 2, "site", {"front": {"instances": 2}, "host_names": NAMES}),
        ("site.host_names.1", "x.client.url", "site", {"front": FRONT, "host_names": ["client.url", "x.client.url"]}),
        ("site.host_names.+", "x.client.url", "site", {"front": FRONT, "host_names": [*NAMES, "x.client.url"]}),
        ("site.front", None, "site", {"host_names": NAMES}),
        ("monitoring.thresholds.storage", 10, "monitoring", {"thresholds": {"storage": 10}}),
        ("domains.records.+", {"type": "MX"}, "domains", {"records": [{"type": "MX"}]}),
    ],
)
def test_an_edit_changes_one_value(path: str, value: object, section: str, expected: object) -> None:
    """Sections and lists that are not there are made."""
    found = config({path: value})
    assert found[f"magento:{section}"] == expected
    others = {key: value for key, value in STACK_FILE["config"].items() if key != f"magento:{section}"}
    assert {key: value for key, value in found.items() if key != f"magento:{section}"} == others


def test_what_is_taken_out_of_a_list_does_not_move_the_others_before_all_edits_are_made() -> None:
    found = config({"buckets.0": None, "buckets.1.name": "other", "buckets.+": {"name": "d"}})
    assert found["magento:buckets"] == [{"name": "other"}, {"name": "c"}, {"name": "d"}]


def test_a_section_is_taken_out_whole() -> None:
    assert "magento:site" not in config({"site": None})


@pytest.mark.parametrize("put", [{"protect.more": 1}, {"buckets.9.name": "x"}, {"site.host_names.front": "x"}], ids=str)
def test_an_edit_of_something_that_cannot_be_there_fails(put: Mapping[str, Any]) -> None:
    with pytest.raises((TypeError, IndexError)):
        changed(STACK_FILE, put)


def test_every_edit_of_the_walk_changes_its_stack_file() -> None:
    """Of the shipped files, with what the walk's stacks have beyond them."""
    standing = read_yaml(EDITS)["standing"]["stacks"]
    files = {stack: changed(read_yaml(REPOSITORY / f"Pulumi.{stack}.yaml"), put) for stack, put in standing.items()}
    assert [
        f"{key}: {dict(edit.put)}"
        for key, of_key in edits().items()
        for edit in of_key
        if not edit.environment and changed(files[edit.stack], edit.put) == files[edit.stack]
    ] == []


# Edits that are previewed together.


def edit(*paths: str, stack: str = "prod", environment: Mapping[str, str] | None = None) -> tuple[str, Edit]:
    return paths[0], Edit(stack=stack, put=dict.fromkeys(paths, 1), environment=environment or {}, what="")


def grouped(*of: tuple[str, Edit], of_things: bool) -> list[list[str]]:
    return [[key for key, _ in batch] for batch in batches(of, of_things=of_things)]


@pytest.mark.parametrize("of_things", [False, True])
def test_edits_of_different_sections_go_together(of_things: bool) -> None:
    apart = [edit("rundeck.size.release"), edit("windows.size.release"), edit("gateway.size.release")]
    assert grouped(*apart, of_things=of_things) == [
        ["rundeck.size.release", "windows.size.release", "gateway.size.release"]
    ]


@pytest.mark.parametrize("of_things", [False, True])
def test_an_edit_of_another_stack_or_with_variables_does_not(of_things: bool) -> None:
    found = grouped(
        edit("rundeck.size"),
        edit("windows.size", stack="preprod"),
        edit("gateway.size", environment={"MAGENTO_REMOVE_DATA": "x"}),
        edit("buckets.0"),
        of_things=of_things,
    )
    assert found == [["rundeck.size", "buckets.0"], ["windows.size"], ["gateway.size"]]
    with_variables = edit("gateway.size", environment={"MAGENTO_REMOVE_DATA": "x"})
    assert grouped(with_variables, edit("buckets.0"), of_things=of_things) == [["gateway.size"], ["buckets.0"]]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("site.search.instances", "site.search.instance_type", True),
        ("site.search", "site.search.instances", False),
        ("site.search.instances", "site.search", False),
        ("site.search.instances", "site.search.instances", False),
        # No path below another one, though its letters begin alike.
        ("buckets.1", "buckets.10", True),
        ("site.front.instances", "site.front.instances_more", True),
    ],
)
def test_values_of_their_own_go_together(one: str, other: str, *, together: bool) -> None:
    assert grouped(edit(one), edit(other), of_things=False) == ([[one, other]] if together else [[one], [other]])


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("rundeck.size.release", "rundeck.size.instance_type", False),
        ("satellites.0.php", "satellites.1.php", True),
        ("satellites.0.php", "satellites.0.instance_types", False),
        ("site.front.instances", "site.back_office.instances", True),
        ("site.front.instances", "site.front.instance_types", False),
        ("vpn_links.0.bgp_asn", "vpn_links.1.bgp_asn", True),
        # All volumes are of the one Windows server.
        ("windows.volumes.0.size_gib", "windows.volumes.1.size_gib", False),
    ],
)
def test_changes_of_things_of_their_own_go_together(one: str, other: str, *, together: bool) -> None:
    """Two changes of one server or environment would be one interruption."""
    assert grouped(edit(one), edit(other), of_things=True) == ([[one, other]] if together else [[one], [other]])


def test_an_edit_must_be_apart_from_each_of_its_group() -> None:
    first = edit("site.front.instances", "site.cache.nodes")
    found = grouped(first, edit("site.search.instances"), edit("site.cache.nodes"), edit("buckets.0"), of_things=True)
    assert found == [["site.front.instances", "site.search.instances", "buckets.0"], ["site.cache.nodes"]]


# What is away for a while.


def step(operation: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"op": operation, "type": kind, "diffs": None, **more}


def update(kind: str, *properties: str) -> dict[str, Any]:
    return step("update", kind, diffs=list(properties))


def environment(
    before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str], **more: Any
) -> dict[str, Any]:
    """An update of an environment of one instance, or of as many as its options say."""
    one = {("aws:autoscaling:asg", "MinSize"): "1"}

    def state(options: Mapping[tuple[str, str], str]) -> dict[str, Any]:
        settings = [{"namespace": space, "name": name, "value": value} for (space, name), value in options.items()]
        return {"inputs": {"settings": settings}}

    return step(
        "update", elasticbeanstalk.Environment, old=state({**one, **before}), new=state({**one, **after}), **more
    )


def away(*steps: Mapping[str, Any]) -> list[str]:
    return list(interruptions(steps))


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, properties in UPDATES.items() for name in properties]
)
def test_an_update_interrupts_by_its_properties(kind: str, name: str) -> None:
    assert away(update(kind, "tags", name)) == [UPDATES[kind][name]]
    assert away(update(kind, "tags")) == away(step("update", kind)) == []


def test_an_update_of_another_type_does_not_interrupt() -> None:
    assert away(update(cloudwatch.MetricAlarm, "instanceClass", "threshold")) == []


def test_a_replacement_interrupts_unless_it_is_known_to_be_smooth() -> None:
    assert [away(step("replace", kind)) for kind in REPLACEMENTS] == [[reason] for reason in REPLACEMENTS.values()]
    assert [away(step("replace", kind)) for kind in SMOOTH] == [[]] * len(SMOOTH)
    assert away(step("replace", rds.Instance)) == [f"{rds.Instance} is replaced"]


def test_no_type_interrupts_and_is_smooth_at_once() -> None:
    assert not set(REPLACEMENTS) & set(SMOOTH)


def test_a_deletion_interrupts_by_its_type() -> None:
    assert [away(step("delete", kind)) for kind in DELETIONS] == [[reason] for reason in DELETIONS.values()]
    assert away(step("delete", ec2.Vpc), step("create", ec2.Vpc), step("same", ec2.Instance)) == []


def test_a_rename_is_a_replacement_by_another_resource() -> None:
    made, gone = step("create", route53.Record), step("delete", route53.Record)
    assert away(made, gone) == away(gone, made) == ["the old name is gone"]
    assert away(made) == away(gone) == away(made, step("delete", ec2.Instance)) == []


TYPES = ("aws:ec2:instances", "InstanceTypes")
VARIABLE = ("aws:elasticbeanstalk:application:environment", "A")
SCALING = ("aws:autoscaling:asg", "MaxSize")
REPLACED = "the environment's only instance is replaced"
RESTARTED = "the web server restarts on all instances at once, for one to three seconds"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({TYPES: "t4g.small"}, {TYPES: "t4g.medium"}, [REPLACED]),
        ({}, {("aws:autoscaling:launchconfiguration", "RootVolumeSize"): "30"}, [REPLACED]),
        ({VARIABLE: "1"}, {VARIABLE: "2"}, [RESTARTED]),
        ({VARIABLE: "1"}, {}, [RESTARTED]),
        ({}, {("aws:elasticbeanstalk:environment:proxy", "ProxyServer"): "apache"}, [RESTARTED]),
        ({TYPES: "t4g.small", VARIABLE: "1"}, {TYPES: "t4g.medium", VARIABLE: "2"}, [REPLACED, RESTARTED]),
        ({SCALING: "1"}, {SCALING: "2"}, []),
        ({TYPES: "t4g.small"}, {TYPES: "t4g.small"}, []),
    ],
)
def test_an_environment_interrupts_by_its_options(
    before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str], expected: Iterable[str]
) -> None:
    assert away(environment(before, after)) == expected


def test_a_rolling_replacement_of_several_instances_does_not_interrupt() -> None:
    several = {("aws:autoscaling:asg", "MinSize"): "4"}
    assert away(environment({**several, TYPES: "t4g.small"}, {**several, TYPES: "t4g.medium"})) == []


def test_another_platform_replaces_instances() -> None:
    assert away(environment({}, {}, diffs=["solutionStackName"])) == [REPLACED]


def test_every_reason_of_the_page_is_one_that_a_plan_can_come_to() -> None:
    """A sentence that was changed here is changed on the page by another walk."""
    known = {REPLACED, RESTARTED, *REPLACEMENTS.values(), *DELETIONS.values()}
    known |= {reason for properties in UPDATES.values() for reason in properties.values()}
    recorded = read_yaml(REPOSITORY / "settings" / "generated" / "day_two.yaml")
    given = {
        reason
        for of_key in recorded.values()
        for result in of_key
        if result["outcome"] == Outcome.INTERRUPTION
        for reason in result["because"]
    }
    assert given
    assert {reason for reason in given - known if not reason.endswith(" is replaced")} == set()
