"""The role that releases: who may take it, how large its policy is, and what the tool is told where Pulumi is not."""

from __future__ import annotations

import ast
import json
from typing import Any

import pulumi_aws as aws
import pytest

from tests.unit.graph import Graph
from tests.unit.program import ROOT, SITE_ALONE, build_program, program

STACKS = ("prod", "preprod")
MOST_CHARACTERS = 10_240
"""Of all inline policies of a role ("IAM and AWS STS quotas")."""
GITHUB = {"repository": "client/shop", "environments": ["release-plan-prod", "release-prod"]}


def trust(graph: Graph) -> list[dict[str, Any]]:
    role = graph.one(aws.iam.Role, name="releases-role")
    found: list[dict[str, Any]] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    return found


def releasing(**releases: Any) -> Graph:
    return build_program("prod", config={**SITE_ALONE, "magento:releases": releases})


@pytest.mark.row(19)
@pytest.mark.parametrize("stack", STACKS)
def test_rundecks_server_may_take_the_role_of_each_stack(stack: str) -> None:
    """By its tags: AWS makes up its name, and pre-production does not know production's servers."""
    graph = program(stack)
    assert graph.one(aws.iam.Role, name="releases-role").inputs["name"] == f"client-{stack}-releases"
    (statement,) = trust(graph)
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:PrincipalTag/Client": "client",
            "aws:PrincipalTag/ManagedBy": "pulumi",
            "aws:PrincipalTag/System": "rundeck",
        }
    }
    server = program("prod").one(aws.iam.Role, name="operations-rundeck-server-role").inputs["tags"]
    assert {f"aws:PrincipalTag/{name}": server[name] for name in ("Client", "ManagedBy", "System")} == statement[
        "Condition"
    ]["StringEquals"]


def test_a_workflow_may_take_it_from_the_environments_of_one_repository() -> None:
    (statement,) = trust(releasing(rundeck=False, github=GITHUB))
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                "repo:client/shop:environment:release-plan-prod",
                "repo:client/shop:environment:release-prod",
            ],
        }
    }


def test_both_may_take_it() -> None:
    assert [each["Sid"] for each in trust(releasing(github=GITHUB))] == ["RundeckServer", "GitHubWorkflow"]


def test_without_the_section_there_is_no_role() -> None:
    graph = build_program("prod", config={**SITE_ALONE, "magento:releases": None})
    assert not [each for each in graph.of_type(aws.iam.Role) if each.name == "releases-role"]
    assert "release_role" not in graph.exports


@pytest.mark.parametrize("stack", STACKS)
def test_its_policy_fits(stack: str) -> None:
    """Blanks do not count."""
    policy = program(stack).one(aws.iam.RolePolicy, name="releases-rights").inputs["policy"]
    assert len("".join(policy.split())) < MOST_CHARACTERS


@pytest.mark.parametrize("stack", STACKS)
def test_the_tool_is_told_what_the_stack_exports(stack: str) -> None:
    """The same values under the same names, of all outputs that the tool's source asks for."""
    graph = program(stack)
    written = graph.one(aws.s3.BucketObjectv2, name="releases-stack-file").inputs
    said = json.loads(written["content"])
    assert (said["stack"], said["region"]) == (stack, "eu-west-3")
    known = {name: value for name, value in said["outputs"].items() if value is not None}
    assert {name: graph.exports.get(name) for name in known} == known
    assert graph.exports["release_stack_file"] == f"s3://{written['bucket']}/{written['key']}"
    assert asked_for() <= said["outputs"].keys()
    assert (asked_for() & graph.exports.keys()) <= known.keys() | {"satellite_environments"}


def asked_for() -> set[str]:
    """The outputs that `release/` reads, but for those of `./shop release build`, which runs where Pulumi is."""
    found: set[str] = set()
    for path in (ROOT / "release").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                asks = node.func.attr in ("output", "_environment", "_mapping") or (
                    node.func.attr == "get" and ast.unparse(node.func.value).endswith(".outputs")
                )
                if asks and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
    return found
