"""`releases.refreshes_from`: which stack may name which other one, and whose Rundeck gets the job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import joined_platform, neighbours, stack_file
from settings.joined_platform import REFRESH_SOURCE
from tests.unit.graph import Graph
from tests.unit.program import build, program, stack_config
from tests.unit.settings.stack_faults import put, refused

KEY = "magento:releases.refreshes_from"
GITHUB = {"repository": "client/shop", "environments": ["release-preprod"]}
Change = Callable[[dict[str, Any]], None]


def all_of(*changes: Change) -> Change:
    def change(config: dict[str, Any]) -> None:
        for each in changes:
            each(config)

    return change


REFRESHING = put("releases.refreshes_from", "prod")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            all_of(REFRESHING, put("protect", True)),
            'got "prod", expected no stack, since protect is true and a refresh replaces the database',
        ),
        (
            put("releases.refreshes_from", "staging"),
            'got "staging", expected prod, whose network this stack joins',
        ),
        (
            put("releases", {"refreshes_from": "prod", "github": GITHUB}),
            'got "prod", expected no stack, since the runs of the GitHub workflow could read its personal data',
        ),
        (put("releases.refreshes_from", "a b"), 'got "a b", expected the name of a stack, such as prod'),
    ],
    ids=["protected", "another stack", "with GitHub", "no name"],
)
def test_what_is_refused_in_a_stack_that_joins_a_network(change: Change, said: str) -> None:
    assert refused("preprod", change) == [f"{KEY}: {said}"]


def test_production_refreshes_from_nothing() -> None:
    assert refused("prod", put("releases.refreshes_from", "preprod")) == [
        f'{KEY}: got "preprod", expected no stack, since protect is true and a refresh replaces the database',
        f'{KEY}: got "preprod", expected no stack, since this one has a network of its own',
    ]


def joined(references: Callable[[str], Graph] = program) -> None:
    config = stack_config("preprod")
    REFRESHING(config)
    build(lambda: joined_platform.check(stack_file.load()), stack="preprod", config=config, references=references)


def test_the_other_stack_has_to_say_what_it_is() -> None:
    """It is up with this version of the program, and releases."""
    joined()
    exports = {name: value for name, value in program("prod").exports.items() if name != REFRESH_SOURCE}
    older = replace(program("prod"), exports=exports)
    with pytest.raises(stack_file.SettingsError) as error:
        joined(lambda _: older)
    assert str(error.value).splitlines()[1:] == [
        f'  {KEY}: got "prod", expected a stack that has the section releases and is up. Run pulumi up -s prod first, '
        "with this version of the program."
    ]


@pytest.mark.parametrize(
    ("stacks", "refreshed"),
    [
        ({}, ()),
        ({"preprod": None}, ()),
        ({"preprod": REFRESHING}, ("preprod",)),
        (
            {
                "preprod": REFRESHING,
                "staging": all_of(REFRESHING, put("environment", "staging")),
                "of-another-client": all_of(REFRESHING, put("client", "buyer")),
                "of-another-network": all_of(
                    put("network.stack", "live"), put("releases.refreshes_from", "live"), put("environment", "test")
                ),
                "invalid": put("environment", "A"),
            },
            ("preprod", "staging"),
        ),
    ],
    ids=["alone", "as shipped", "one", "several"],
)
def test_rundeck_refreshes_the_environments_whose_files_say_so(
    tmp_path: Path, stacks: dict[str, Change | None], refreshed: tuple[str, ...]
) -> None:
    for name, change in stacks.items():
        config = stack_config("preprod")
        if change:
            change(config)
        (tmp_path / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))
    found: list[tuple[str, ...]] = []
    build(
        lambda: found.append(neighbours.refreshed_by_rundeck(stack_file.load(), tmp_path)),
        stack="prod",
        config=stack_config("prod"),
    )
    assert [tuple(sorted(each)) for each in found] == [refreshed]
