"""Commands on instances, by the embedded AWS's Run Command. The scripts run for real, on this computer."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from commands.deployed_stack import DeployedStack
from commands.errors import CannotRunError
from components.site import cron_host
from release.back_office import BackOffice, Command, Instance
from release.errors import ReleaseError
from release.redaction import Redaction
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import build
from sandbox.tests.emulator.fake_fleet import Answer, eventually, registered_fleet
from sandbox.tests.refusals import aws_refuses

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
REDACTION = Redaction.of_values(["squirrel"])
LOG_GROUP = "/aws/ssm/client-prod-releases"
OUTPUTS = {
    "back_office_environment": "back-office",
    "release_documents": {"greet": "client-prod-greet"},
    "release_log_group": LOG_GROUP,
}
STACK = DeployedStack(name="prod", region=REGION, outputs=OUTPUTS)
GREET = {
    "schemaVersion": "2.2",
    "parameters": {"Who": {"type": "String", "allowedPattern": "^[a-z]+$"}},
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "runShellScript",
            "inputs": {
                "timeoutSeconds": "2",
                "runCommand": [
                    "#!/usr/bin/env bash",
                    "WHO='{{ Who }}'",
                    'case $WHO in nobody) echo "nobody is here" >&2; exit 3 ;; sleepy) sleep 60 ;; esac',
                    'echo "hello $WHO"',
                ],
            },
        }
    ],
}


def run(_instance: str, asked: Answer) -> Answer:
    """The script of a command."""
    try:
        ran = subprocess.run(
            ["bash", "-c", "\n".join(asked["Commands"])],
            capture_output=True,
            text=True,
            timeout=asked["TimeoutSeconds"],
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"ReturnCode": 124, "TimedOut": True}
    return {"ReturnCode": ran.returncode, "StandardOutput": ran.stdout, "StandardError": ran.stderr}


@pytest.fixture
def host(aws: EmbeddedAws) -> Iterator[BackOffice]:
    """The back office's instance, which runs what it is told."""
    site = build(aws)
    aws.client("ssm").create_document(
        Name="client-prod-greet", Content=json.dumps(GREET), DocumentType="Command", DocumentFormat="JSON"
    )
    with registered_fleet(aws) as fleet:
        fleet.run = run
        site.create("back-office", instances=1)
        yield BackOffice.of(aws, STACK, REDACTION)


def test_a_document_runs_with_its_parameters(aws: EmbeddedAws, host: BackOffice) -> None:
    """And all that it prints is in the stack's log group too."""
    assert host.do("greet", Who="you") == "hello you\n"
    [sent] = aws.client("ssm").list_commands()["Commands"]
    assert (sent["DocumentName"], sent["Parameters"]) == ("client-prod-greet", {"Who": ["you"]})
    assert sent["TimeoutSeconds"] == 120
    logs, stream = aws.client("logs"), f"{sent['CommandId']}/{host.instance_id}/runShellScript/stdout"
    eventually(lambda: logs.describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"])
    eventually(lambda: logs.describe_log_streams(logGroupName=LOG_GROUP)["logStreams"])
    [event] = eventually(lambda: logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream)["events"])
    assert event["message"] == "hello you"


def test_another_process_can_wait_for_a_command(aws: EmbeddedAws, host: BackOffice) -> None:
    """It needs no more than the id that the journal has."""
    sent = host.send("greet", Who="you")
    instance = Instance.named(aws, STACK, host.instance_id, REDACTION)
    assert Command(instance=instance, command_id=sent.command_id).wait() == "hello you\n"


def test_nobody_waits_for_ever_for_a_command_that_is_unknown(host: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSM forgets a command after 30 days."""
    sent = host.send("greet", Who="you")
    monkeypatch.setattr("release.back_office._UNKNOWN_SECONDS", 0.1)
    elsewhere = replace(host, instance_id="i-0123456789abcdef0")
    with pytest.raises(ReleaseError, match=f"instance i-0123456789abcdef0: got no command {sent.command_id}"):
        Command(instance=elsewhere, command_id=sent.command_id).wait()


def test_a_script_that_fails_says_what_it_complains_of(host: BackOffice) -> None:
    command = host.send("greet", Who="nobody")
    with pytest.raises(ReleaseError) as failed:
        command.wait()
    assert str(failed.value) == (
        f"instance {host.instance_id}: client-prod-greet ended with Failed: nobody is here\n"
        f"(command {command.command_id}, log group {LOG_GROUP})"
    )


def test_a_script_that_takes_too_long_is_ended(host: BackOffice) -> None:
    """By SSM Agent, after the document's time."""
    with pytest.raises(ReleaseError, match="client-prod-greet ended with ExecutionTimedOut: no output"):
        host.do("greet", Who="sleepy")


def test_an_instance_without_an_agent_is_no_success(aws: EmbeddedAws, host: BackOffice) -> None:
    aws.post("/moto-api/hosts", '{"Url": null}')
    with pytest.raises(
        ReleaseError, match=f"^instance {host.instance_id}: got Undeliverable, expected Systems Manager's agent"
    ):
        host.do("greet", Who="you")


def test_what_the_document_does_not_take_reaches_no_instance(aws: EmbeddedAws, host: BackOffice) -> None:
    with aws_refuses("InvalidParameters"):
        host.do("greet", Who="$(reboot)")
    with pytest.raises(CannotRunError, match="output release_documents: got no farewell, expected one"):
        host.do("farewell")
    assert aws.client("ssm").list_commands()["Commands"] == []


def test_a_stack_of_before_has_no_documents(aws: EmbeddedAws) -> None:
    without = replace(STACK, outputs={})
    with pytest.raises(CannotRunError, match="output release_documents of stack prod: missing"):
        Instance.named(aws, without, "i-0123456789abcdef0", REDACTION)


def test_the_back_office_is_one_instance(aws: EmbeddedAws) -> None:
    """Magento's commands may not run twice at once."""
    build(aws).create("back-office", instances=2)
    with pytest.raises(ReleaseError, match="environment back-office: got 2 instances, expected 1"):
        BackOffice.of(aws, STACK, REDACTION)


def test_of_two_the_oldest_is_named_where_it_alone_runs_cron(aws: EmbeddedAws) -> None:
    """Beanstalk has a second one while it deploys with an additional batch, and may leave it where that fails."""
    site = build(aws)
    settings = [
        *site.option_settings(instances=1),
        {
            "Namespace": "aws:elasticbeanstalk:application:environment",
            "OptionName": cron_host.OLDEST_OF,
            "Value": "back-office",
        },
    ]
    site.create("back-office", OptionSettings=settings)
    first = BackOffice.of(aws, STACK, REDACTION).instance_id
    group = site.group("back-office")["AutoScalingGroupName"]
    autoscaling = aws.client("autoscaling")
    # The embedded AWS knows seconds.
    time.sleep(1)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=2, DesiredCapacity=2)
    (second,) = site.versions("back-office").keys() - {first}
    assert BackOffice.of(aws, STACK, REDACTION).instance_id == first
    autoscaling.terminate_instance_in_auto_scaling_group(InstanceId=first, ShouldDecrementDesiredCapacity=True)
    assert BackOffice.of(aws, STACK, REDACTION).instance_id == second


def test_secrets_are_taken_out_of_what_an_instance_prints(host: BackOffice) -> None:
    assert host.do("greet", Who="squirrel") == "hello [secret]\n"
