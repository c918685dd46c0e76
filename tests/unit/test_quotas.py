"""What the stacks take of an account's quotas, held against what they declare."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pulumi_aws as aws
import pytest

from account import quotas
from tests.unit.graph import Graph
from tests.unit.program import ROOT, build_program

REGION = "eu-west-3"


def instances_of(graph: Graph) -> Counter[str]:
    """The instances of a graph by type: single servers, and those of Beanstalk's environments."""
    types = Counter(each.inputs["instanceType"] for each in graph.of_type(aws.ec2.Instance))
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        options = {(each["namespace"], each["name"]): each["value"] for each in environment.inputs["settings"]}
        kind = options["aws:ec2:instances", "InstanceTypes"].split(",")[0]
        types[kind] += int(options.get(("aws:autoscaling:asg", "MaxSize"), 1))
    return types


@pytest.mark.parametrize("nat_gateways", ["one-per-zone", "single"])
def test_the_needs_of_production_are_those_of_its_graph(tmp_path: Path, nat_gateways: str) -> None:
    file = (ROOT / "Pulumi.prod.yaml").read_text().replace("one-per-zone", nat_gateways)
    (tmp_path / "Pulumi.prod.yaml").write_text(file)
    ([stack], unread) = quotas.stacks_of(tmp_path, REGION)
    assert unread == []
    graph = build_program("prod", config={"magento:network": {"cidr": "10.0.0.0/16", "nat_gateways": nat_gateways}})
    assert quotas.addresses(stack) == len(graph.of_type(aws.ec2.Eip))
    assert quotas.instances(stack) == instances_of(graph)


def test_a_joining_stack_takes_no_address(preprod: Graph) -> None:
    stacks, _ = quotas.stacks_of(ROOT, REGION)
    [joining] = [each for each in stacks if each.joined_stack]
    assert quotas.addresses(joining) == len(preprod.of_type(aws.ec2.Eip)) == 0
    assert quotas.instances(joining) == instances_of(preprod)


def test_stacks_of_other_regions_do_not_count(tmp_path: Path) -> None:
    """Nor does a stack file that is invalid, which is named instead."""
    assert quotas.stacks_of(ROOT, "eu-west-1") == ([], [])
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {'aws:region': eu-west-3, 'magento:client': A}")
    assert quotas.stacks_of(tmp_path, REGION) == ([], ["Pulumi.prod.yaml"])


@pytest.mark.parametrize("content", [b"config:\n\taws:region: eu-west-3\n", b"", b"config:\n", b"a: \xe2\n"])
def test_a_stack_file_that_is_not_read_is_named(tmp_path: Path, content: bytes) -> None:
    """Preparing an account goes on without it."""
    (tmp_path / "Pulumi.prod.yaml").write_bytes(content)
    assert quotas.stacks_of(tmp_path, REGION) == ([], ["Pulumi.prod.yaml"])


def test_a_date_without_quotation_marks_is_text_as_for_pulumi(tmp_path: Path) -> None:
    """The program takes it. The file was called invalid."""
    file = (ROOT / "Pulumi.prod.yaml").read_text()
    dated = file.replace("owner: IT of the client\n", "owner: IT of the client\n        expires: 2028-06-30\n")
    assert dated != file
    (tmp_path / "Pulumi.prod.yaml").write_text(dated)
    ([stack], unread) = quotas.stacks_of(tmp_path, REGION)
    assert unread == []
    assert stack.gateway
    assert stack.gateway.allowed[0].expires == "2028-06-30"


def test_types_with_a_quota_of_their_own_do_not_count() -> None:
    stacks, _ = quotas.stacks_of(ROOT, REGION)
    [stack] = [each for each in stacks if not each.joined_stack]
    front = stack.site.front.changed(instance_types=("g5.xlarge",))
    changed = stack.changed(site=stack.site.changed(front=front))
    assert "g5.xlarge" not in quotas.instances(changed)
