"""The stack files of docs/scenarios are valid, and each makes what the README says of it."""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest
import yaml

from policies.engine.catalogue import RULES
from policies.model.rule import Environment
from sandbox.commands.certificate import ensure_certificate
from tests.policies.analyzer import PERMITTED, analyze, nodes_of
from tests.unit.graph import Graph
from tests.unit.program import ROOT, build_program

FILES = sorted((ROOT / "docs" / "scenarios").glob("*.yaml"))
OF_THE_STACK_FILE = {"db-ingress-only-own-site", "gateway-ingress-allow-listed"}
"""Rules that read what is permitted from the stack file in place, which here is not the scenario's."""
README = (ROOT / "README.md").read_text()


def config_of(scenario: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "scenarios" / f"{scenario}.yaml").read_text())["config"]
    return found


@functools.cache
def built(scenario: str) -> Graph:
    """The real program's graph with this stack file, and a certificate under the names that it gives."""
    config = config_of(scenario)
    shipped = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    certificate = config["magento:certificate"]
    with tempfile.TemporaryDirectory() as directory:
        ensure_certificate(
            certificate["domain"].removeprefix("*."),
            certificate=Path(directory, certificate["certificate_file"]),
            private_key=Path(directory, certificate["private_key_file"]),
            chain=Path(directory, certificate["chain_file"]),
        )
        config = {**config, "magento:certificate": {**certificate, "directory": directory}}
        # The other shipped file stays in place, and is held against it.
        return build_program(config["magento:environment"], config={**dict.fromkeys(shipped), **config})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_readme_links_to_a_scenario_and_shows_what_is_in_it(path: Path) -> None:
    """Each line of YAML under the link is a line of the file."""
    assert f"docs/scenarios/{path.name}" in README
    shown = README.partition(f"(docs/scenarios/{path.name})")[2].partition("\n### ")[0].partition("\n## ")[0]
    lines = re.findall(r"^ {4}(.+)$", shown, re.MULTILINE)
    assert lines
    file = {line.strip() for line in path.read_text().splitlines()}
    assert not [line for line in lines if line.strip() not in file | {"…"}]


def test_the_shop_alone_has_one_server_and_no_satellite() -> None:
    graph = built("shop-alone")
    assert [each.name for each in graph.of_type(aws.ec2.Instance)] == ["site-files-instance"]
    assert len(graph.of_type(aws.elasticbeanstalk.Environment)) == 2
    assert not [*graph.of_type(aws.ec2.VpnConnection), *graph.of_type(aws.cloudfront.Distribution)]


def test_preprod_in_its_own_network_refers_to_no_other_stack() -> None:
    graph, prod = built("preprod-own-network"), yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    assert not graph.of_type("pulumi:pulumi:StackReference")
    vpc = graph.one(aws.ec2.Vpc)
    assert vpc.inputs["cidrBlock"] != prod["magento:network"]["cidr"]
    buckets = {each.inputs["bucket"] for each in graph.of_type(aws.s3.Bucket)}
    assert buckets.isdisjoint(each["name"] for each in prod["magento:buckets"])


def test_ten_satellites_share_one_database_and_one_network() -> None:
    graph = built("ten-satellites")
    satellites = [each["name"] for each in config_of("ten-satellites")["magento:satellites"]]
    environments = {each.inputs["name"] for each in graph.of_type(aws.elasticbeanstalk.Environment)}
    assert environments == {f"brand-prod-{name}" for name in (*satellites, "front", "back-office")}
    assert len(satellites) == 10
    assert len(graph.of_type(aws.ec2.Vpc)) == 1
    shared = graph.one(aws.rds.Instance, name="shared-database-instance").inputs["vpcSecurityGroupIds"]
    rules = graph.of_type(aws.vpc.SecurityGroupIngressRule)
    assert len([rule for rule in rules if rule.inputs["securityGroupId"] in shared]) == 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_policies_ask_for_the_exceptions_that_the_file_names(path: Path) -> None:
    """So that a copied scenario passes `pulumi preview --policy-pack policies` with no other surprise."""
    named = re.search(r"^# Policies that need an exception: (.+)\.$", path.read_text(), re.MULTILINE)
    environment = Environment(config_of(path.stem)["magento:environment"])
    levels = {rule.id: rule.level_in(environment) for rule in RULES}
    found = {each.rule for each in analyze(nodes_of(built(path.stem)), config=PERMITTED, levels=levels)}
    assert named
    assert found - OF_THE_STACK_FILE == set(named[1].split(", "))
