"""Documents of the account's own in the embedded AWS: what it takes for one, and what a command runs of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.emulator.ssm.documents import MOST_BYTES
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import FakeFleet, eventually
from sandbox.tests.emulator.test_ssm import fleet, instances, invocation, result
from sandbox.tests.refusals import aws_refuses

__all__ = ["fleet", "instances"]
pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
NAME = "client-prod-greet"
WHO = {"type": "String", "description": "Who is greeted", "allowedPattern": "^(?:[a-z]+)$"}
TIMES = {"type": "String", "description": "How often", "allowedValues": ["1", "2"], "default": "1"}


def step(**more: Any) -> dict[str, Any]:
    lines = ["#!/usr/bin/env bash", "WHO='{{ Who }}'", "echo {{Times}} times hello $WHO {{ Unknown }} {{.State}}"]
    inputs = {"timeoutSeconds": "60", "runCommand": lines}
    return {"action": "aws:runShellScript", "name": "greet", "inputs": inputs, **more}


def content(**more: Any) -> dict[str, Any]:
    parameters = {"Who": WHO, "Times": TIMES}
    return {
        "schemaVersion": "2.2",
        "description": "Greets",
        "parameters": parameters,
        "mainSteps": [step()],
        **more,
    }


def create(aws: EmbeddedAws, written: Any, name: str = NAME, kind: str = "Command") -> None:
    text = written if isinstance(written, str) else json.dumps(written)
    aws.client("ssm").create_document(Name=name, Content=text, DocumentType=kind, DocumentFormat="JSON")


def send(aws: EmbeddedAws, instance: str, name: str = NAME, /, **more: Any) -> str:
    sent = aws.client("ssm").send_command(
        DocumentName=name, InstanceIds=[instance], **{"Parameters": {"Who": ["you"]}, **more}
    )
    return str(sent["Command"]["CommandId"])


def test_the_script_runs_with_the_parameters_in_it(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """Texts in braces that are no parameter stay, as the agent leaves them. The step's time is the document's."""
    create(aws, content())
    command = send(aws, instances[0])
    found = result(aws, command, instances[0])
    assert (found["Status"], found["DocumentName"], found["PluginName"]) == ("Success", NAME, "greet")
    lines = ["#!/usr/bin/env bash", "WHO='you'", "echo 1 times hello $WHO {{ Unknown }} {{.State}}"]
    asked = {"Commands": lines, "WorkingDirectory": None, "TimeoutSeconds": 60}
    assert fleet.commands == [(instances[0], asked)]
    again = send(aws, instances[0], Parameters={"Who": ["me"], "Times": ["2"]})
    result(aws, again, instances[0])
    assert fleet.commands[1][1]["Commands"][1:] == ["WHO='me'", "echo 2 times hello $WHO {{ Unknown }} {{.State}}"]


def test_parameters_are_checked_before_anything_runs(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    create(aws, content())
    refused: list[tuple[dict[str, list[str]], str]] = [
        ({}, "defined in the SSM document: Who"),
        ({"Who": ["you"], "Whom": ["you"]}, "defined in the SSM document: Whom"),
        ({"Who": ["$(reboot)"]}, "does not match"),
        ({"Who": ["you'"]}, "does not match"),
        ({"Who": ["you\n"]}, "does not match"),
        ({"Who": [""]}, "does not match"),
        ({"Who": ["you", "me"]}, "got 2 values"),
        ({"Who": ["you"], "Times": ["3"]}, "is not one of"),
    ]
    for parameters, said in refused:
        with aws_refuses("InvalidParameters", said):
            send(aws, instances[0], Parameters=parameters)
    assert fleet.commands == []
    assert aws.client("ssm").list_commands()["Commands"] == []


def test_only_documents_that_are_there_and_can_run_are_taken(aws: EmbeddedAws, instances: list[str]) -> None:
    with aws_refuses("InvalidDocument", f"{NAME} does not exist"):
        send(aws, instances[0])
    create(aws, content(mainSteps=[step(inputs={"runCommand": ["true"]})], parameters={}), "plain")
    with aws_refuses("InvalidParameters", "plain does not support parameters"):
        send(aws, instances[0], "plain")
    with aws_refuses("InvalidDocumentVersion", "version 2 of plain"):
        send(aws, instances[0], "plain", DocumentVersion="2", Parameters={})
    create(aws, {"schemaVersion": "0.3", "mainSteps": []}, "automation", "Automation")
    with aws_refuses("InvalidDocument", "of type Automation, not Command"):
        send(aws, instances[0], "automation", Parameters={})
    cannot_run = {
        "several": content(mainSteps=[step(), step(name="again")]),
        "elsewhere": content(mainSteps=[step(action="aws:runPowerShellScript")]),
        "sometimes": content(mainSteps=[step(precondition={"StringEquals": ["platformType", "Windows"]})]),
        "oldest": {"schemaVersion": "1.2", "runtimeConfig": {}},
    }
    for name, written in cannot_run.items():
        create(aws, written, name)
        with aws_refuses("InvalidDocument", "not one that the embedded AWS can run"):
            send(aws, instances[0], name)


def test_the_default_version_runs(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """Not the newest one, until it is made the default."""
    ssm = aws.client("ssm")
    create(aws, content())
    changed = content(mainSteps=[step(inputs={"runCommand": ["echo bye"]})])
    ssm.update_document(Name=NAME, Content=json.dumps(changed), DocumentVersion="$LATEST")

    def ran(**more: Any) -> str:
        result(aws, send(aws, instances[0], **more), instances[0])
        return str(fleet.commands[-1][1]["Commands"][-1])

    assert ran().startswith("echo 1 times")
    assert ran(DocumentVersion="$LATEST") == ran(DocumentVersion="2") == "echo bye"
    ssm.update_document_default_version(Name=NAME, DocumentVersion="2")
    assert ran() == "echo bye"
    assert ran(DocumentVersion="1").startswith("echo 1 times")


def test_what_is_no_document_is_refused(aws: EmbeddedAws) -> None:
    """When it is made, and when it becomes the content of one."""
    create(aws, content(), "valid")
    invalid: list[tuple[Any, str]] = [
        ("{", "JSON not well-formed. at Line: 1, Column: 2"),
        ([], "not an object"),
        (content(schemaVersion="2.1"), "schemaVersion: got 2.1"),
        (content(mainSteps=[]), "mainSteps"),
        (content(mainSteps=[step(action="aws:runShell")]), "got aws:runShell"),
        (content(mainSteps=[step(name="")]), "a name"),
        (content(mainSteps=[step(inputs=[])]), "an object of inputs"),
        (content(mainSteps=[step(), step()]), "a name of its own"),
        (content(parameters={"Who-Else": WHO}), "Who-Else"),
        (content(parameters={"Who": {"type": "Text"}}), "got Text"),
        (content(parameters={"Who": {**WHO, "allowedPattern": "["}}), "allowedPattern"),
        (content(description="x" * MOST_BYTES), "64 KB"),
    ]
    for written, said in invalid:
        text = written if isinstance(written, str) else json.dumps(written)
        code = "MaxDocumentSizeExceeded" if "64 KB" in said else "InvalidDocumentContent"
        with aws_refuses(code, said):
            create(aws, text)
        with aws_refuses(code, said):
            aws.client("ssm").update_document(Name="valid", Content=text, DocumentVersion="$LATEST")
    assert json.loads(aws.client("ssm").get_document(Name="valid")["Content"]) == content()


def test_what_is_no_preference_of_session_manager_is_refused(aws: EmbeddedAws) -> None:
    """AWS has one document of preferences in an account and region. No command runs it."""
    name = "SSM-SessionManagerRunShell"
    inputs = {
        "s3EncryptionEnabled": False,
        "cloudWatchLogGroupName": "/session-manager",
        "cloudWatchEncryptionEnabled": False,
        "cloudWatchStreamingEnabled": True,
        "idleSessionTimeout": "20",
        "maxSessionDuration": "",
        "shellProfile": {"linux": "", "windows": "date"},
    }
    valid = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs}
    create(aws, valid, name, "Session")
    with aws_refuses("DocumentAlreadyExists"):
        create(aws, valid, name, "Session")
    invalid: list[tuple[dict[str, Any], str]] = [
        ({"sessionType": "Shell"}, "sessionType: got Shell"),
        ({"inputs": None}, "inputs: expected an object"),
        ({"inputs": {**inputs, "cloudWatchStreamingEnabled": "true"}}, "cloudWatchStreamingEnabled: got 'true'"),
        ({"inputs": {**inputs, "cloudWatchLogGroupName": None}}, "cloudWatchLogGroupName: got None"),
        ({"inputs": {**inputs, "idleSessionTimeout": 20}}, "expected a text with 1 to 60 minutes"),
        ({"inputs": {**inputs, "idleSessionTimeout": "61"}}, "expected a text with 1 to 60 minutes"),
        ({"inputs": {**inputs, "maxSessionDuration": "1441"}}, "expected a text with 1 to 1440 minutes"),
        ({"inputs": {**inputs, "shellProfile": {"macos": ""}}}, "expected texts for linux and windows"),
        ({"inputs": {**inputs, "logGroup": "/sessions"}}, "logGroup"),
    ]
    ssm = aws.client("ssm")
    for changes, said in invalid:
        with aws_refuses("InvalidDocumentContent", said):
            ssm.update_document(Name=name, Content=json.dumps({**valid, **changes}), DocumentVersion="$LATEST")
    without = {key: value for key, value in valid.items() if key != "inputs"}
    with aws_refuses("InvalidDocumentContent", "needs"):
        create(aws, without, "no-inputs", "Session")
    with aws_refuses("InvalidDocumentSchemaVersion", "2.2 is not a valid schema version for Session document type"):
        create(aws, {**valid, "schemaVersion": "2.2"}, "newer", "Session")
    with aws_refuses("InvalidDocument", "of type Session, not Command"):
        ssm.send_command(DocumentName=name, InstanceIds=["i-0123456789abcdef0"])
    assert json.loads(ssm.get_document(Name=name)["Content"]) == valid


def test_names_and_contents_are_used_once(aws: EmbeddedAws) -> None:
    """An update with the latest content is refused, and one with an earlier content is not."""
    ssm = aws.client("ssm")
    create(aws, content())
    with aws_refuses("DocumentAlreadyExists"):
        create(aws, content())
    with aws_refuses("ValidationException", "Invalid document name"):
        create(aws, content(), "aws-greet")
    first, second = json.dumps(content()), json.dumps(content(description="Says hello"))
    with aws_refuses("DuplicateDocumentContent"):
        ssm.update_document(Name=NAME, Content=first, DocumentVersion="$LATEST")
    ssm.update_document(Name=NAME, Content=second, DocumentVersion="$LATEST")
    ssm.update_document_default_version(Name=NAME, DocumentVersion="2")
    updated = ssm.update_document(Name=NAME, Content=first, DocumentVersion="$LATEST")
    assert updated["DocumentDescription"]["DocumentVersion"] == "3"
    assert ssm.get_document(Name=NAME, DocumentVersion="1")["Content"] == first
    with aws_refuses("InvalidDocument"):
        ssm.update_document(Name="nothing", Content=first, DocumentVersion="$LATEST")


@pytest.mark.parametrize("group", ["/aws/ssm/client-prod-releases", None])
def test_outputs_are_streamed_to_a_log_group(
    group: str | None, aws: EmbeddedAws, instances: list[str], fleet: FakeFleet
) -> None:
    """Whole, by the agent, which makes a group that is not there. It writes no stream for an output without text."""
    create(aws, content())
    fleet.run = lambda _instance, _commands: {"ReturnCode": 1, "StandardOutput": "", "StandardError": "no\n" * 99_999}
    named = {"CloudWatchLogGroupName": group} if group else {}
    command = send(aws, instances[0], CloudWatchOutputConfig={"CloudWatchOutputEnabled": True, **named})
    assert result(aws, command, instances[0])["CloudWatchOutputConfig"]["CloudWatchOutputEnabled"]
    logs, group = aws.client("logs"), group or f"/aws/ssm/{NAME}"

    def written() -> list[str]:
        groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"] if groups else []
        names = [stream["logStreamName"] for stream in streams]
        assert names in ([], [f"{command}/{instances[0]}/greet/stderr"])
        return [
            event["message"]
            for name in names
            for event in logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)["events"]
        ]

    messages = eventually(written, wanted=lambda found: len(found) == 2)
    assert "\n".join(messages).count("no") == 99_999
    assert messages[-1].endswith("no")


def test_without_a_host_there_is_no_success_and_no_output(aws: EmbeddedAws, instances: list[str]) -> None:
    create(aws, content())
    command = send(aws, instances[0], CloudWatchOutputConfig={"CloudWatchOutputEnabled": True})
    found = invocation(aws, command, instances[0])
    assert (found["Status"], found["StatusDetails"], found["ResponseCode"]) == ("Failed", "Undeliverable", -1)
    assert aws.client("logs").describe_log_groups()["logGroups"] == []


def test_a_script_is_ended_when_the_documents_time_is_up(
    aws: EmbeddedAws, instances: list[str], fleet: FakeFleet
) -> None:
    create(aws, content(mainSteps=[step(inputs={"timeoutSeconds": 1, "runCommand": ["sleep 9"]})]))
    fleet.run = lambda _instance, commands: {"ReturnCode": 137, "TimedOut": commands["TimeoutSeconds"] == 1}
    found = result(aws, send(aws, instances[0]), instances[0])
    assert (found["Status"], found["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")
