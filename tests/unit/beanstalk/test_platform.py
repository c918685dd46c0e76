"""Which platform an environment runs: the newest at first, then the same until the stack file names another."""

from __future__ import annotations

import logging

import pulumi_aws as aws
import pytest

from components.beanstalk.platform import PhpPlatform
from tests.unit.cloud import SOLUTION_STACKS
from tests.unit.graph import Graph
from tests.unit.program import build, build_program, program, stack_config

NEWEST = "64bit Amazon Linux 2023 v4.13.13 running PHP 8.4"
OLDER = "64bit Amazon Linux 2023 v4.13.12 running PHP 8.4"


def front(graph: Graph) -> tuple[object, tuple[str, ...]]:
    """Its platform, and what an update leaves alone."""
    found = graph.one(aws.elasticbeanstalk.Environment, name="site-front-environment")
    return found.inputs["solutionStackName"], found.ignore_changes


def test_a_new_environment_gets_the_newest_platform_and_keeps_it() -> None:
    """A version in the stack file would be one that new accounts cannot get a month later."""
    assert {NEWEST, OLDER} <= set(SOLUTION_STACKS)
    assert front(program("prod")) == (NEWEST, ("version", "solutionStackName"))


def test_a_pinned_platform_updates_the_environment() -> None:
    """The way to a newer version, and the way to stay on an older one."""
    site = {**stack_config("preprod")["magento:site"], "solution_stack": OLDER}
    assert front(build_program("preprod", config={"magento:site": site})) == (OLDER, ("version",))


def test_the_satellites_have_platforms_of_their_own() -> None:
    satellites = [
        {**each, "php": "8.3"} if each["name"] == "pim" else each for each in stack_config("prod")["magento:satellites"]
    ]
    graph = build_program("prod", config={"magento:satellites": satellites})
    found = {each.name: each.inputs["solutionStackName"] for each in graph.of_type(aws.elasticbeanstalk.Environment)}
    assert found["pim-environment"].endswith("running PHP 8.3")
    assert found["mirakl-cashout-environment"] == NEWEST


@pytest.mark.parametrize(("running", "is_said"), [(OLDER, True), (NEWEST, False)])
def test_a_newer_platform_is_told_with_the_line_to_write(
    running: str, is_said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """What the environment runs is compared, and not what the program asked for."""

    def one_environment() -> None:
        platform = PhpPlatform(php="8.4", pinned=running)
        environment = aws.elasticbeanstalk.Environment(
            "web", name="client-prod-web", application="web", solution_stack_name=platform.pinned
        )
        platform.warn_about(environment, platform.newest())

    with caplog.at_level(logging.WARNING):
        build(one_environment)
    said = [each.message for each in caplog.records if "newest platform" in each.message]
    expected = (
        f"client-prod-web: runs {OLDER}, and the newest platform is {NEWEST}. To update it, set solution_stack to"
        f' "{NEWEST}" in the stack file, in pre-production first.'
    )
    assert said == ([expected] if is_said else [])
