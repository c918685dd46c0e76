"""The inventory counts everything, so that nothing that was left behind goes unseen."""

from __future__ import annotations

import json
import urllib.request

from sandbox.tests.emulator.aws_process import EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


def _inventory(aws: EmbeddedAws) -> dict[str, int]:
    with urllib.request.urlopen(f"{aws.url}/moto-api/inventory", timeout=30) as answer:
        counts: dict[str, int] = json.loads(answer.read())
    return counts


def test_what_is_made_is_counted_also_in_nested_collections(aws: EmbeddedAws) -> None:
    """Security groups are kept in a collection for each VPC."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    before = _inventory(aws)
    ec2.create_security_group(GroupName="one", Description="x", VpcId=vpc)
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    after = _inventory(aws)
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert grown["ec2 eu-west-3 groups"] == 1
    assert grown["ec2 eu-west-3 subnets"] == 1


def test_what_is_deleted_is_no_longer_counted(aws: EmbeddedAws) -> None:
    sns = aws.client("sns")
    sns.list_topics()
    before = _inventory(aws)
    arn = sns.create_topic(Name="one")["TopicArn"]
    assert _inventory(aws) != before
    sns.delete_topic(TopicArn=arn)
    assert _inventory(aws) == before
