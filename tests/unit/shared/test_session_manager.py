"""Session Manager's preferences: what a person does in a shell is recorded, on the instances of every stack."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pulumi_aws as aws

from components.shared.session_manager import LOG_GROUP, PREFERENCES
from tests.unit import cloud
from tests.unit.graph import Graph

GROUPS = f"arn:aws:logs:eu-west-3:{cloud.ACCOUNT}:log-group"


def test_sessions_are_recorded_while_they_last(prod: Graph) -> None:
    """In the group of the stack. A session that cannot be recorded starts all the same: the preferences are those of
    other instances of the account too."""
    [document] = [each.inputs for each in prod.of_type(aws.ssm.Document) if each.inputs["documentType"] == "Session"]
    assert document["name"] == PREFERENCES
    content = json.loads(document["content"])
    assert (content["schemaVersion"], content["sessionType"]) == ("1.0", "Standard_Stream")
    inputs = content["inputs"]
    assert (inputs["cloudWatchLogGroupName"], inputs["cloudWatchStreamingEnabled"]) == (LOG_GROUP, True)
    assert not inputs["cloudWatchEncryptionEnabled"]
    group = prod.one(aws.cloudwatch.LogGroup, name="shared-platform-session-manager-records").inputs
    key = prod.one(aws.kms.Key).outputs["arn"]
    assert (group["name"], group["retentionInDays"], group["kmsKeyId"]) == (LOG_GROUP, 365, key)


def test_one_stack_of_an_account_and_region_has_the_preferences(preprod: Graph) -> None:
    """AWS refuses a second document of the name."""
    assert not [each for each in preprod.of_type(aws.ssm.Document) if each.inputs["documentType"] == "Session"]


def test_each_instance_may_record_its_sessions(graph: Graph) -> None:
    """Those of a stack that joins another's network too. None may read what was recorded, or delete it."""
    attached = {
        each.comes_from("role")
        for each in graph.of_type(aws.iam.RolePolicyAttachment)
        if each.inputs["policyArn"].endswith("AmazonSSMManagedEC2InstanceDefaultPolicy")
    }
    policies = [each for each in graph.of_type(aws.iam.RolePolicy) if each.name.endswith("-session-records")]
    assert attached
    assert {each.comes_from("role") for each in policies} == attached
    for policy in policies:
        write, find = json.loads(policy.inputs["policy"])["Statement"]
        assert write == {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": [f"{GROUPS}:{LOG_GROUP}:*"],
        }
        assert (find["Effect"], find["Action"]) == ("Allow", ["logs:DescribeLogGroups"])
        # What AWS asks the right for ("DescribeLogGroups"), without the name of a group.
        assert [fnmatchcase(f"{GROUPS}::log-stream:", each) for each in find["Resource"]] == [True]
