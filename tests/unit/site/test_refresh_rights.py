"""What the role of a stack may do with the stack that it refreshes from: which policy says so, and what it names."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any, cast

import pulumi_aws as aws
import pytest

from components.site.refresh_rights import RefreshRights, RefreshSource
from policies.rules.access.release_role import LISTED, REFRESHING
from release import snapshots
from release.database_copy import DatabaseCopy
from release.lock import Lock
from release.refresh import Refresh
from release.site import Site
from tests.unit.graph import Graph
from tests.unit.program import build_program, program

MOST_CHARACTERS = 6_144
"""Of a managed policy, without white space ("IAM and AWS STS quotas")."""
BESIDE_THE_TOOL = {"kms:CreateGrant", "kms:DescribeKey"}
"""What RDS does with the caller's rights on what is encrypted."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build_program("preprod", config={"magento:releases": {"refreshes_from": "prod"}})


def statements(graph: Graph) -> list[dict[str, Any]]:
    policy = graph.one(aws.iam.Policy, name="releases-refresh-rights").inputs["policy"]
    found: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return found


def rights(stack: str, database: str = "client-prod-site") -> RefreshRights:
    source = RefreshSource(
        environment="prod",
        stack_file="s3://client-releases/client-magento-prod/stack.json",
        prefix="client-magento-prod",
        application="client-magento-prod",
        back_office="client-prod-back-office",
        document="client-prod-scrub-copy",
        database=database,
        subnet_group="client-prod-site",
        parameter_group="client-prod-site",
        key_arn="arn:aws:kms:eu-west-3:123456789012:key/1",
    )
    return RefreshRights(
        region="eu-west-3",
        account_id="123456789012",
        client="client",
        stack=stack,
        bucket="client-releases",
        configuration_bucket="client-config",
        prefix="client-magento-preprod",
        source=source,
    )


def named(found: RefreshRights, action: str) -> set[str]:
    """What is behind the colons of the ARNs on which an action is allowed."""
    allowing = cast(Any, found.statements)
    return {arn.split(":", 5)[5] for each in allowing if action in each["Action"] for arn in each["Resource"]}


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_the_shipped_stacks_refresh_nothing(stack: str) -> None:
    """It is a decision."""
    assert program(stack).of_type(aws.iam.Policy) == ()
    assert "refreshes_from" not in program(stack).exports


def test_the_rights_are_a_policy_of_their_own(graph: Graph) -> None:
    """That fits, blanks not counted. The rights of a release stay as they are."""
    policy = graph.one(aws.iam.Policy)
    assert len("".join(policy.inputs["policy"].split())) <= MOST_CHARACTERS
    assert policy.inputs["tags"] == {
        "Client": "client",
        "Environment": "preprod",
        "ManagedBy": "pulumi",
        "Name": "client-preprod-releases-refresh-rights",
        "System": "releases",
    }
    attached = graph.one(aws.iam.RolePolicyAttachment, name="releases-may-refresh").inputs
    assert attached["policyArn"] == policy.outputs["arn"]
    assert attached["role"] == graph.one(aws.iam.Role, name="releases-role").inputs["name"]
    inline = [
        each.one(aws.iam.RolePolicy, name="releases-rights").inputs["policy"] for each in (graph, program("preprod"))
    ]
    assert inline[0] == inline[1]


def test_the_tool_is_told_where_the_other_stack_says_what_it_is(graph: Graph) -> None:
    said = json.loads(graph.one(aws.s3.BucketObjectv2, name="releases-stack-file").inputs["content"])
    expected = {"stack": "prod", "stack_file": program("prod").exports["release_stack_file"]}
    assert said["outputs"]["refreshes_from"] == graph.exports["refreshes_from"] == expected


def test_it_is_about_the_other_stacks_own_resources(graph: Graph) -> None:
    """By the names that production's stack gives them."""
    production = program("prod")
    database = production.one(aws.rds.Instance, name="site-database-instance")
    said = production.exports["refresh_source"]
    assert said["database"] == database.outputs["identifier"]
    assert said["subnet_group"] == database.inputs["dbSubnetGroupName"]
    assert said["parameter_group"] == database.inputs["parameterGroupName"]
    assert said["key_arn"] == database.inputs["kmsKeyId"]
    assert said["document"] == production.exports["release_documents"]["scrub-copy"]
    assert said["back_office"] == production.exports["back_office_environment"]
    assert said["application"] == production.exports["beanstalk_application"]
    assert production.exports["releases"].endswith(f"/{said['prefix']}/")
    assert RefreshSource(**said)
    (grants,) = (each for each in statements(graph) if "kms:CreateGrant" in each["Action"])
    assert grants["Resource"] == [said["key_arn"]]
    assert grants["Condition"] == {"StringEquals": {"kms:ViaService": "rds.eu-west-3.amazonaws.com"}}


def test_it_reads_no_secret_and_decrypts_nothing_with_the_other_stacks_key(graph: Graph) -> None:
    allowed = {action for each in statements(graph) for action in each["Action"]}
    assert not [each for each in allowed if each.startswith("secretsmanager:")]
    assert {each for each in allowed if each.startswith("kms:")} == BESIDE_THE_TOOL
    assert allowed - LISTED == REFRESHING


def test_what_is_made_and_removed_has_a_name(graph: Graph) -> None:
    """Patterns are for what is read, for the options that RDS gives to each version, and for the instance, which its
    tags name."""
    patterns = {arn.split(":", 2)[2] for each in statements(graph) for arn in each["Resource"] if "*" in arn}
    buckets = program("prod").exports["shared_platform"]
    place = f"s3:::{buckets['releases_bucket']}/{program('prod').exports['refresh_source']['prefix']}"
    application = program("prod").exports["beanstalk_application"]
    assert patterns == {
        f"{place}/releases/*",
        f"{place}/bundles/*",
        f"s3:::{buckets['configuration_bucket']}/prod/placeholders/*",
        f"elasticbeanstalk:eu-west-3:123456789012:applicationversion/{application}/*",
        "ec2:eu-west-3:123456789012:instance/*",
        "rds:eu-west-3:123456789012:og:default:mysql-*",
    }
    (sends,) = (each for each in statements(graph) if "ec2" in each["Resource"][0] and "Condition" in each)
    assert sends["Condition"]["StringEquals"] == {
        "ssm:resourceTag/Client": "client",
        "ssm:resourceTag/Environment": "prod",
        "ssm:resourceTag/elasticbeanstalk:environment-name": program("prod").exports["back_office_environment"],
    }


@pytest.mark.parametrize("stack", ["preprod", "Pre.Prod_2"])
@pytest.mark.parametrize(
    "database", ["client-prod-site", "a-very-long-name-of-a-database-of-sixty-three-characters-and-en"]
)
def test_names_are_those_that_the_tool_gives(stack: str, database: str) -> None:
    """The program and the tool make them each for itself."""
    found = rights(stack, database)
    production, target = (
        SimpleNamespace(
            prefix=f"client-magento-{name}/", database=database, stack=SimpleNamespace(name=name), session=SESSION
        )
        for name in ("prod", stack)
    )
    refresh = Refresh(
        production=cast(Site, production),
        target=cast(Site, SimpleNamespace(**{**vars(target), "prefix": "client-magento-preprod/"})),
        lock=cast(Lock, None),
        journal=cast(Any, None),
        console=cast(Any, None),
        is_half_way=False,
    )
    copy: DatabaseCopy = refresh.copy
    assert named(found, "rds:DeleteDBInstance") == {f"db:{copy.name}"}
    snapshot = snapshots.name_of(database, f"refresh-of-{refresh._label}")
    assert named(found, "rds:DeleteDBSnapshot") == {f"snapshot:{snapshot}"}
    assert named(found, "s3:PutObject") == {f"client-releases/{refresh._list}"}
    assert named(found, "s3:DeleteObject") == {
        f"client-releases/{key}" for key in (refresh._list, refresh._dump, refresh._facts, refresh._received)
    }
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", copy.name)


SESSION = SimpleNamespace(client=lambda _service: None)
