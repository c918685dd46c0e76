"""What `make bench` gives Terraform to plan, and what it says without Terraform."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import terraform
from bench.figure import MeasurementError
from bench.terraform import NoTerraformError
from bench.terraform_configuration import configuration
from sandbox.tests.emulator.aws_process import end, start
from scanners.terraform import terraform_type
from tests.unit.graph import Resource
from tests.unit.program import program


def _resource(token: str, name: str, /, **inputs: Any) -> Resource:
    urn = f"urn:pulumi:prod::magento::{token}::{name}"
    custom = token.startswith("aws:")
    return Resource(
        urn=urn, type=token, name=name, parent="", custom=custom, inputs=inputs, outputs={}, outputs_registered=True
    )


def _block(attributes: Mapping[str, Any], **blocks: Any) -> dict[str, Any]:
    """As ``terraform providers schema -json`` prints it: attributes that are required end with "!"."""
    return {
        "attributes": {
            name.rstrip("!"): {"type": kind, "required" if name.endswith("!") else "optional": True}
            for name, kind in attributes.items()
        },
        "block_types": {name: {"nesting_mode": "list", "block": block} for name, block in blocks.items()},
    }


def _arguments(token: str, schema: Mapping[str, Any], /, **inputs: Any) -> Any:
    """Terraform's arguments of one resource, which is the only one."""
    kind = terraform_type(token)
    made = configuration([_resource(token, "it", **inputs)], {kind: schema}, provider={})
    assert not made.left_out
    return made.document["resource"][kind]["it"]


VPC = "aws:ec2/vpc:Vpc"


def test_arguments_get_terraforms_names() -> None:
    """By the schema: Pulumi writes them in camel case, and lists in the plural."""
    blocks = {"policy": _block({"size": "number"}), "alias": _block({})}
    schema = _block({"cidr_block": "string", "is_ipv6_enabled": "bool"}, **blocks)
    inputs = {"cidrBlock": "10.0.0.0/16", "isIpv6Enabled": True, "policies": [{"size": 1}], "aliases": [{}]}
    assert _arguments(VPC, schema, **inputs) == {
        "cidr_block": "10.0.0.0/16",
        "is_ipv6_enabled": True,
        "policy": [{"size": 1}],
        "alias": [{}],
    }


def test_an_argument_whose_name_follows_no_rule_is_found() -> None:
    schema = _block({"topic_arn!": "string"})
    assert _arguments("aws:sns/topicSubscription:TopicSubscription", schema, topic="arn") == {"topic_arn": "arn"}


def test_an_only_element_is_a_list_in_terraform() -> None:
    """Pulumi has it in place of the list, for blocks and for attributes."""
    schema = _block({"names": ["set", "string"]}, rule=_block({}, lifecycle=_block({"days": "number"})))
    assert _arguments(VPC, schema, names="a", rules=[{"lifecycle": {"days": 3}}]) == {
        "names": ["a"],
        "rule": [{"lifecycle": [{"days": 3}]}],
    }


def test_an_object_has_all_of_its_attributes() -> None:
    """Terraform refuses one that lacks an attribute."""
    schema = _block({"ingress": ["set", ["object", {"from_port": "number", "cidr_blocks": ["list", "string"]}]]})
    assert _arguments(VPC, schema, ingress=[{"fromPort": 80}]) == {"ingress": [{"from_port": 80, "cidr_blocks": None}]}


def test_text_is_no_template() -> None:
    """User data and IAM policies have ``${…}`` that Terraform would evaluate."""
    schema = _block({"user_data": "string", "tags": ["map", "string"]})
    assert _arguments(VPC, schema, userData="echo ${HOME} %{http_code}", tags={"${a}": "${b}"}) == {
        "user_data": "echo $${HOME} %%{http_code}",
        "tags": {"$${a}": "$${b}"},
    }


def test_a_name_that_pulumi_makes_is_made_for_terraform() -> None:
    schema = _block({"name!": "string", "role_name": "string"})
    assert _arguments(VPC, schema) == {"name": "it"}
    assert _arguments(VPC, schema, name="mine") == {"name": "mine"}


def test_what_the_provider_does_not_have_is_counted() -> None:
    """In blocks too. A component is no resource of AWS."""
    topics = [
        _resource("aws:sns/topic:Topic", name, region="us-east-1", rules=[{"new": 1}, {"new": 2}]) for name in "ab"
    ]
    others = [_resource("aws:new/thing:Thing", "thing"), _resource("magento:site:Site", "site")]
    made = configuration([*topics, *others], {"aws_sns_topic": _block({}, rule=_block({}))}, provider={"region": "r"})
    assert made.left_out == {"aws_sns_topic.region": 2, "aws_sns_topic.rule.new": 2, "aws_new_thing": 1}
    assert made.resources == 2
    assert made.document["resource"] == {"aws_sns_topic": {name: {"rule": [{}, {}]} for name in "ab"}}
    assert made.document["provider"] == {"aws": {"region": "r"}}


def test_without_terraform_it_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NoTerraformError, match=r"terraform is not installed: https://"):
        terraform.initialise(tmp_path, {"PATH": str(tmp_path)}, ())


def test_without_the_provider_it_says_what_terraform_said(tmp_path: Path) -> None:
    """As on a machine without internet."""
    command = tmp_path / "terraform"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for error, expected in (
        ("Failed to query available provider packages", NoTerraformError),
        ("Other", MeasurementError),
    ):
        command.write_text(f"#!/bin/sh\necho 'Error: {error}' >&2\nexit 1\n")
        command.chmod(0o755)
        with pytest.raises(expected, match=f"terraform init ended with 1:\nError: {error}"):
            terraform.initialise(tmp_path, environment, ())


@pytest.mark.long
def test_terraform_plans_every_aws_resource_of_prod(tmp_path: Path) -> None:
    """With all of their arguments but those that are newer than version 5 of the provider."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    aws = start(tmp_path)
    try:
        variables = {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        resources = program("prod").resources
        prod = terraform.initialise(tmp_path, {**os.environ, **variables}, resources)
        prod.plan()
    except NoTerraformError as error:
        pytest.skip(str(error))
    finally:
        end(aws)
    ours = [each for each in resources if each.custom and each.type.startswith("aws:")]
    assert prod.configuration.resources == len(ours) > 400
    newer = {name for name in prod.configuration.left_out if not name.endswith(".region")}
    assert newer <= {"aws_instance.primaryNetworkInterface"}
    prod.show()
    planned = json.loads(prod.json_plan.read_text())["planned_values"]["root_module"]["resources"]
    (vpc,) = [each for each in planned if each["type"] == "aws_vpc"]
    assert vpc["values"]["cidr_block"] == "10.0.0.0/16"
    with pytest.raises(MeasurementError, match=rf"got {len(ours)} resources to create among {len(ours)}, expected 7"):
        replace(prod, configuration=replace(prod.configuration, resources=7)).show()
