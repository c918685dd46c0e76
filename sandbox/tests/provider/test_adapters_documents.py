"""The adapters of Systems Manager's documents, parameters and associations, against the embedded AWS."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    ACCOUNT_ID,
    REGION,
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()
ASSOCIATION = "aws:ssm/association:Association"
DOCUMENT = "aws:ssm/document:Document"
PARAMETER = "aws:ssm/parameter:Parameter"
IN_YAML = """
schemaVersion: '2.2'
description: Says goodbye
mainSteps:
- action: aws:runShellScript
  name: runShellScript
  inputs: {runCommand: [echo goodbye]}
"""


def saying(text: str) -> str:
    step = {"action": "aws:runShellScript", "name": "runShellScript", "inputs": {"runCommand": [f"echo {text}"]}}
    who = {"type": "String", "description": "Who is greeted", "default": "you", "allowedPattern": "^[a-z]+$"}
    return json.dumps(
        {"schemaVersion": "2.2", "description": "Greets", "parameters": {"Who": who}, "mainSteps": [step]}
    )


@SAMPLES.case(DOCUMENT)
def a_document(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "client-prod-greet",
            "content": saying("hello"),
            "documentType": "Command",
            "tags": {"Name": "main", "Client": "client"},
        },
        updates=[
            {"content": saying("good morning")},
            {"content": IN_YAML, "documentFormat": "YAML"},
            # Once more what it said first.
            {"content": saying("hello"), "documentFormat": "JSON"},
        ],
    )


def recorded_in(log_group: str) -> str:
    inputs = {
        "cloudWatchLogGroupName": log_group,
        "cloudWatchEncryptionEnabled": False,
        "cloudWatchStreamingEnabled": True,
        "idleSessionTimeout": "20",
    }
    return json.dumps({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs})


@SAMPLES.case(DOCUMENT)
def preferences_of_session_manager(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "SSM-SessionManagerRunShell",
            "content": recorded_in("/session-manager"),
            "documentType": "Session",
            "documentFormat": "JSON",
            "tags": {"Name": "main", "Client": "client"},
        },
        updates=[{"content": recorded_in("/sessions")}],
    )


@SAMPLES.case(ASSOCIATION)
def an_association(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "AWS-RunPatchBaseline",
            "associationName": "client-prod-windows-updates",
            "scheduleExpression": "cron(30 3 ? * * *)",
            "applyOnlyAtCronInterval": True,
            "parameters": {"Operation": "Install", "RebootOption": "RebootIfNeeded"},
            "targets": [{"key": "InstanceIds", "values": ["i-0123456789abcdef0"]}],
            "tags": {"Name": "main", "Client": "client"},
        },
        updates=[
            {"scheduleExpression": "cron(0 2 ? * SUN *)"},
            {"parameters": {"Operation": "Install", "RebootOption": "NoReboot"}},
            {"targets": [{"key": "InstanceIds", "values": ["i-0123456789abcdef1"]}]},
            {"applyOnlyAtCronInterval": False, "associationName": "client-prod-updates"},
        ],
    )


@SAMPLES.case(PARAMETER)
def a_parameter(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "/client-prod/greeting",
            "type": "String",
            "value": "hello",
            "description": "What is said first",
            "tier": "Standard",
            "dataType": "text",
            "allowedPattern": "^[a-z ]+$",
            "tags": {"Name": "main", "Client": "client"},
        },
        updates=[
            {"value": "good morning"},
            {"tier": "Advanced", "description": "What is said"},
            {"type": "SecureString", "keyId": aws.client("kms").create_key()["KeyMetadata"]["Arn"]},
            {"keyId": "alias/aws/ssm", "allowedPattern": "^[a-z]+ [a-z]+$"},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: Aws) -> None:
    """A property that no sample sets could be dropped without anybody noticing."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_commands_run_the_newest_version(aws: Aws) -> None:
    """An update is a new version, and the default. A run that was killed between the two is continued."""
    adapter, ssm = find_adapter(DOCUMENT), aws.client("ssm")
    inputs = {"name": "newest", "content": saying("hello"), "documentType": "Command", "documentFormat": "JSON"}
    id = create(aws, DOCUMENT, inputs)
    changed = {**inputs, "content": saying("good morning")}
    ssm.update_document(Name=id, Content=changed["content"], DocumentVersion="$LATEST")
    assert ssm.get_document(Name=id)["DocumentVersion"] == "1"
    adapter.update(aws, id, inputs, changed, frozenset({"content"}))
    assert ssm.get_document(Name=id)["DocumentVersion"] == "2"
    found = read(aws, DOCUMENT, id)
    assert found is not None
    assert (found["defaultVersion"], found["latestVersion"], found["description"]) == ("2", "2", "Greets")
    assert found["arn"] == f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:document/newest"
    assert found["platformTypes"] == ["Linux", "MacOS"]
    assert found["parameters"] == [
        {"name": "Who", "type": "String", "description": "Who is greeted", "defaultValue": "you"}
    ]


def test_each_value_of_a_parameter_is_a_version(aws: Aws) -> None:
    """By which a server knows that there is a newer one. AWS keeps the value encrypted."""
    inputs = {"name": "/client-prod/versions", "type": "SecureString", "value": "one"}
    id = create(aws, PARAMETER, inputs)
    made = read(aws, PARAMETER, id)
    assert made is not None
    assert made["version"] == 1
    find_adapter(PARAMETER).update(aws, id, inputs, {**inputs, "value": "two"}, frozenset({"value"}))
    found = read(aws, PARAMETER, id)
    assert found is not None
    assert (found["version"], found["value"]) == (2, "two")
    assert aws.client("ssm").get_parameter(Name=id)["Parameter"]["Value"] != "two"
