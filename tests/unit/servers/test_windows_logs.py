"""The Windows server's logs: AWS's agent sends them to the server's own log group."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.servers.windows_logs import document_content
from tests.unit.graph import Graph
from tests.unit.servers.test_windows_server import faults_in, graph

__all__ = ["graph"]
GROUP = "/client-prod/windows"


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document_content(GROUP))["mainSteps"]
    return found


@pytest.fixture(scope="module")
def script(steps: list[dict[str, Any]]) -> str:
    return "\n".join(steps[1]["inputs"]["runCommand"])


def configured(script: str) -> dict[str, Any]:
    """The agent's configuration, out of the here-string that PowerShell writes to the file."""
    text = script.partition("@'\n")[2].partition("\n'@")[0]
    sources: dict[str, Any] = json.loads(text)["logs"]["logs_collected"]
    return sources


def test_the_agent_is_installed_before_it_is_configured(steps: list[dict[str, Any]]) -> None:
    assert [each["action"] for each in steps] == ["aws:configurePackage", "aws:runPowerShellScript"]
    assert steps[0]["inputs"] == {"name": "AmazonCloudWatchAgent", "action": "Install"}


def test_the_configuration_is_written_as_powershell_takes_it(script: str) -> None:
    """Parsed by tree-sitter's grammar: there is no PowerShell here. Systems Manager fills in what is in two braces."""
    assert not faults_in(script)
    assert "{{" not in script
    assert "}}" not in script
    written, _, started = script.partition("amazon-cloudwatch-agent-ctl.ps1")
    assert "WriteAllText($configuration" in written
    assert '-a fetch-config -m ec2 -s -c "file:$configuration"' in started


def test_event_logs_and_the_boot_are_sent(script: str) -> None:
    """Each to a stream of its own in an instance's name, as on the Linux servers. ``INFORMATION`` has who logged on."""
    sources = configured(script)
    events = {each["event_name"]: each for each in sources["windows_events"]["collect_list"]}
    assert events.keys() == {"Application", "Security", "System"}
    assert "INFORMATION" in events["Security"]["event_levels"]
    files = {each["file_path"]: each for each in sources["files"]["collect_list"]}
    assert files.keys() == {
        r"C:\ProgramData\Platform\boot.log",
        r"C:\ProgramData\Amazon\EC2Launch\log\agent.log",
    }
    every = [*events.values(), *files.values()]
    assert {each["log_group_name"] for each in every} == {GROUP}
    assert {each["log_stream_name"] for each in every} == {
        f"{{instance_id}}/{source}" for source in ("Application", "Security", "System", "boot.log", "agent.log")
    }


def test_it_goes_to_the_servers_own_group(graph: Graph) -> None:
    """To which its role may write."""
    group = graph.one(aws.cloudwatch.LogGroup)
    assert group.inputs["name"] == GROUP
    assert json.loads(graph.one(aws.ssm.Document).inputs["content"]) == json.loads(document_content(GROUP))
    rights = json.loads(graph.one(aws.iam.RolePolicy, name="windows-rights").inputs["policy"])["Statement"]
    assert {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group.outputs['arn']}:*",
    } in rights


def test_systems_manager_sees_to_it_at_once_and_each_day(graph: Graph) -> None:
    """And not what the server boots with: a server that is there gets the agent without being replaced."""
    association = graph.one(aws.ssm.Association, name="windows-event-logs-association").inputs
    assert association["name"] == graph.one(aws.ssm.Document).inputs["name"] == "client-prod-windows-event-logs"
    assert association["scheduleExpression"] == "rate(1 day)"
    assert not association.get("applyOnlyAtCronInterval")
    assert association["targets"] == [{"key": "InstanceIds", "values": [graph.one(aws.ec2.Instance).id]}]
