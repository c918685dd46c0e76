"""Stacks in one network are held against each other by their stack files, whichever of them runs first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from settings import checked_settings, neighbours, stack_file
from tests.unit.program import ROOT, build, program, stack_config
from tests.unit.settings.stack_faults import GRAMMAR, put

DELIVERY = {"media": "m.client.url", "static": "s.client.url", "origin": "staging.client.url"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the shipped stacks, and a third one that joins production's network as pre-production does."""
    for stack in ("prod", "preprod"):
        shutil.copy(ROOT / f"Pulumi.{stack}.yaml", tmp_path)
    write(tmp_path, lambda _: None)
    return tmp_path


def write(project: Path, change: Callable[[dict[str, Any]], None]) -> None:
    config = stack_config("preprod")
    for path, value in (
        ("environment", "staging"),
        ("site.host_names", ["staging.client.url"]),
        ("file_server.host_name", "nfs-staging"),
    ):
        put(path, value)(config)
    change(config)
    (project / "Pulumi.staging.yaml").write_text(yaml.safe_dump({"config": config}))


def lines(stack: str, config: dict[str, Any], project: Path) -> list[str]:
    with pytest.raises(stack_file.SettingsError) as error:
        build(lambda: neighbours.check(stack_file.load(), project), stack=stack, config=config, references=program)
    stripped = [line.strip() for line in str(error.value).splitlines()[1:]]
    assert [line for line in stripped if not GRAMMAR.fullmatch(line)] == []
    return stripped


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_stacks_with_different_names_share_a_network(stack: str, project: Path) -> None:
    build(
        lambda: neighbours.check(stack_file.load(), project),
        stack=stack,
        config=stack_config(stack),
        references=program,
    )


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "site.host_names",
            ["preprod.client.url"],
            'magento:site.host_names.0: got "preprod.client.url", expected a name that stack staging does not have. It '
            "is site.host_names.0 in Pulumi.staging.yaml, and both stacks are in one network.",
        ),
        (
            "file_server.host_name",
            "nfs-preprod",
            'magento:file_server.host_name: got "nfs-preprod.internal-client.url", expected a name that stack staging '
            "does not have. It is file_server.host_name in Pulumi.staging.yaml, and both stacks are in one network.",
        ),
        (
            "environment",
            "preprod",
            'magento:environment: got "preprod", expected another name than that of stack staging',
        ),
    ],
)
def test_two_stacks_that_join_one_network_do_not_take_each_others_names(
    path: str, value: Any, said: str, project: Path
) -> None:
    """Both would pass otherwise, and the second would stop half-way: Route 53 refuses the record that is there."""
    write(project, put(path, value))
    assert lines("preprod", stack_config("preprod"), project) == [said]


def test_the_networks_owner_does_not_take_a_name_of_a_stack_that_joins_it(project: Path) -> None:
    config = stack_config("prod")
    records = [{"name": "staging.client.url", "type": "CNAME", "values": ["old.example.com"]}]
    put("domains.records", records)(config)
    assert lines("prod", config, project) == [
        'magento:domains.records.0.name: got "staging.client.url", expected a name that stack staging does not have. '
        "It is site.host_names.0 in Pulumi.staging.yaml, and both stacks are in one network."
    ]


def test_two_stacks_do_not_have_one_alarm(project: Path) -> None:
    """Production's section in pre-production's file took production's alarms over, and removed them with itself."""
    names = {"database-cpu": "DB CPU", "front-health": "Prod eb health"}
    monitoring = {**stack_config("prod")["magento:monitoring"], "alarm_names": names}
    write(project, put("monitoring", monitoring))
    assert lines("prod", stack_config("prod"), project) == [
        'magento:monitoring.alarm_names.front-health: got "Prod eb health", expected a name that stack staging does '
        "not have. It is monitoring.alarm_names.front-health in Pulumi.staging.yaml, and CloudWatch has a name once."
    ]


def test_alarms_of_another_region_and_those_of_a_copy_of_the_file_do_not_count(project: Path) -> None:
    config = stack_config("prod")
    for name, change in (("elsewhere", {"aws:region": "eu-west-1", "magento:environment": "other"}), ("before", {})):
        (project / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config | change}))
    test_stacks_with_different_names_share_a_network("prod", project)


def test_a_stack_file_that_is_invalid_or_of_another_network_does_not_count(project: Path) -> None:
    """An invalid one is refused in its own runs."""
    write(project, put("site.host_names", ["preprod.client.url"]))
    shutil.copy(ROOT / "docs" / "scenarios" / "preprod-own-network.yaml", project / "Pulumi.other.yaml")
    (project / "Pulumi.staging.yaml").write_text("config: [")
    test_stacks_with_different_names_share_a_network("preprod", project)


def test_every_run_of_the_program_checks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(neighbours, "check", lambda settings: asked.append(settings.environment))
    build(checked_settings.load, stack="preprod", config=stack_config("preprod"), references=program)
    assert "preprod" in asked


def test_a_key_without_its_namespace_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pulumi takes it as the program's. With `magento:protect: true` beside it, it took one of the two by chance, and
    the policies and the other stacks read neither."""
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(tmp_path))
    written = {**stack_config("preprod"), "protect": True}
    (tmp_path / "Pulumi.preprod.yaml").write_text(yaml.safe_dump({"config": written}))
    with pytest.raises(stack_file.SettingsError) as error:
        build(checked_settings.load, stack="preprod", config=stack_config("preprod"), references=program)
    assert str(error.value).splitlines()[1:] == [
        "  magento:protect: got a key without its namespace, expected magento:protect in place of protect"
    ]
