"""What a stack has is config: taking one thing out, or putting one more in, touches no code and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.graph import Graph
from tests.unit.program import build_program, program, stack_config


def names(graph: Graph) -> set[str]:
    return {each.name for each in graph.resources}


def without(key: str, entry: str | None = None) -> dict[str, Any]:
    """Production's config without a section, or without the entry of that name in a section that is a list."""
    section = stack_config("prod")[f"magento:{key}"]
    if entry is None:
        return {f"magento:{key}": None}
    return {f"magento:{key}": [each for each in section if each["name"] != entry]}


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (without("satellites", "pim"), "pim"),
        (without("vpn_links", "ml"), "network-vpn-ml"),
        (without("windows"), "windows"),
        (without("rundeck"), "rundeck"),
        (without("file_server"), "site-files"),
        (without("monitoring"), "monitoring"),
    ],
)
def test_one_thing_less_is_config_alone(change: dict[str, Any], gone: str) -> None:
    """Its own resources go, and what the others made of it (rules, alarms); everything else is still there."""
    before, after = names(program("prod")), names(build_program("prod", config=change))
    left_over = {name for name in after if name == gone or name.startswith(f"{gone}-")}
    assert not left_over
    assert not after - before
    # The file server's alarms go by what people call it.
    words = ("nfs", gone) if gone == "site-files" else (gone.removeprefix("network-"),)
    assert all(any(word in name for word in words) for name in before - after)


def test_one_share_less_is_config_alone() -> None:
    server = copy.deepcopy(stack_config("prod")["magento:file_server"])
    server["shares"] = [each for each in server["shares"] if each["name"] != "magento-sitemap"]
    after = names(build_program("prod", config={"magento:file_server": server}))
    assert not [name for name in after if "magento-sitemap" in name]


def test_a_fourth_satellite_is_config_alone() -> None:
    """It gets everything that its elder sister has, and nothing of the others changes."""
    satellites = stack_config("prod")["magento:satellites"]
    fourth = {**satellites[0], "name": "loyalty"}
    before = names(program("prod"))
    after = names(build_program("prod", config={"magento:satellites": [*satellites, fourth]}))
    assert before < after
    sisters = {name.replace("pim", "loyalty") for name in before if "pim" in name}
    assert after - before == sisters
