"""Run Command of the embedded AWS: commands run on the hosts of a fleet."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.emulator.ssm.instances import AGENT_POLICIES
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import Answer, FakeFleet, eventually, registered_fleet
from sandbox.tests.emulator.images import image_id
from sandbox.tests.refusals import aws_refuses

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
OVER = ("Success", "Failed", "TimedOut", "Cancelled")


@pytest.fixture
def instances(aws: EmbeddedAws) -> list[str]:
    ec2 = aws.client("ec2")
    image = image_id(ec2)
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Tier", "Value": "front"}]}]
    started = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, TagSpecifications=tags)["Instances"]
    return [instance["InstanceId"] for instance in started]


@pytest.fixture
def fleet(aws: EmbeddedAws) -> Iterator[FakeFleet]:
    with registered_fleet(aws) as running:
        yield running


def send(aws: EmbeddedAws, *instances: str, commands: tuple[str, ...] = ("true",), **more: Any) -> str:
    """Send shell commands. Returns the id of the command."""
    parameters = {"commands": list(commands), **more.pop("Parameters", {})}
    target = {"InstanceIds": list(instances)} if instances else {}
    sent = aws.client("ssm").send_command(DocumentName="AWS-RunShellScript", Parameters=parameters, **target, **more)
    return str(sent["Command"]["CommandId"])


def invocation(aws: EmbeddedAws, command: str, instance: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("ssm").get_command_invocation(CommandId=command, InstanceId=instance)
    return found


def result(aws: EmbeddedAws, command: str, instance: str) -> dict[str, Any]:
    """The invocation, once it is over."""
    return eventually(lambda: invocation(aws, command, instance), wanted=lambda found: found["Status"] in OVER)


def test_commands_run_on_the_host(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """With its exit code and both outputs."""
    fleet.run = lambda _instance, _commands: {"ReturnCode": 0, "StandardOutput": "hello\n", "StandardError": "note\n"}
    parameters = {"workingDirectory": ["/var/app/current"], "executionTimeout": ["60"]}
    command = send(aws, instances[0], commands=("cd x", "echo hello"), Parameters=parameters)
    found = result(aws, command, instances[0])
    assert (found["Status"], found["ResponseCode"]) == ("Success", 0)
    assert (found["StandardOutputContent"], found["StandardErrorContent"]) == ("hello\n", "note\n")
    asked = {"Commands": ["cd x", "echo hello"], "WorkingDirectory": "/var/app/current", "TimeoutSeconds": 60}
    assert fleet.commands == [(instances[0], asked)]
    (listed,) = aws.client("ssm").list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    assert listed["CommandPlugins"][0]["Output"] == "hello\n"
    (described,) = aws.client("ssm").list_commands(CommandId=command)["Commands"]
    assert (described["Status"], described["TargetCount"], described["CompletedCount"]) == ("Success", 1, 1)


def test_a_command_that_fails_says_how(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """One failed instance makes the whole command fail."""
    codes = {instances[0]: 0, instances[1]: 3}
    fleet.run = lambda instance, _commands: {
        "ReturnCode": codes[instance],
        "StandardOutput": "",
        "StandardError": "no such table",
    }
    command = send(aws, *instances)
    assert result(aws, command, instances[0])["Status"] == "Success"
    failed = result(aws, command, instances[1])
    assert (failed["Status"], failed["StatusDetails"], failed["ResponseCode"]) == ("Failed", "Failed", 3)
    assert failed["StandardErrorContent"] == "no such table"
    (described,) = aws.client("ssm").list_commands(CommandId=command)["Commands"]
    assert (described["Status"], described["ErrorCount"]) == ("Failed", 1)


def test_long_outputs_are_cut_and_whole_in_s3(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """AWS answers the first 24,000 characters of the output and 8,000 of the errors."""
    aws.client("s3").create_bucket(
        Bucket="outputs", CreateBucketConfiguration={"LocationConstraint": aws.client("s3").meta.region_name}
    )
    fleet.run = lambda _instance, _commands: {
        "ReturnCode": 0,
        "StandardOutput": "o" * 30_000,
        "StandardError": "e" * 30_000,
    }
    command = send(aws, instances[0], OutputS3BucketName="outputs", OutputS3KeyPrefix="runs")
    found = result(aws, command, instances[0])
    assert (len(found["StandardOutputContent"]), len(found["StandardErrorContent"])) == (24_000, 8_000)
    key = f"runs/{command}/{instances[0]}/awsrunShellScript/0.awsrunShellScript/stdout"

    def whole() -> int:
        listed = aws.client("s3").list_objects_v2(Bucket="outputs", Prefix=key).get("Contents", [])
        return sum(stored["Size"] for stored in listed)

    assert eventually(whole) == 30_000


def test_a_command_that_takes_too_long_times_out(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """The fleet ends it after the execution timeout."""
    fleet.run = lambda _instance, _commands: {
        "ReturnCode": 137,
        "StandardOutput": "so far",
        "StandardError": "",
        "TimedOut": True,
    }
    found = result(aws, send(aws, instances[0], Parameters={"executionTimeout": ["1"]}), instances[0])
    assert (found["Status"], found["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")
    assert found["StandardOutputContent"] == "so far"


def test_an_instance_without_a_host_is_undeliverable(aws: EmbeddedAws, instances: list[str]) -> None:
    """Without a fleet nothing runs, so nothing is a success."""
    command = send(aws, instances[0])
    found = invocation(aws, command, instances[0])
    assert (found["Status"], found["StatusDetails"], found["ResponseCode"]) == ("Failed", "Undeliverable", -1)
    assert "`sudo ./shop sandbox live`" in found["StandardErrorContent"]
    (described,) = aws.client("ssm").list_commands(CommandId=command)["Commands"]
    assert (described["Status"], described["StatusDetails"]) == ("Failed", "Undeliverable")


def test_a_host_that_never_comes_times_the_delivery_out(
    aws: EmbeddedAws, instances: list[str], fleet: FakeFleet
) -> None:
    """Until then the command is pending: the host may still start."""
    fleet.without_host.add(instances[0])
    command = send(aws, instances[0])
    assert invocation(aws, command, instances[0])["Status"] == "Pending"
    aws.post("/moto-api/elasticbeanstalk", '{"TimeScale": 0.001}')
    again = send(aws, instances[0])
    found = result(aws, again, instances[0])
    assert (found["Status"], found["StatusDetails"]) == ("TimedOut", "DeliveryTimedOut")
    fleet.without_host.clear()
    assert result(aws, command, instances[0])["Status"] == "Success"


def test_a_cancelled_command_stays_cancelled(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """Whatever its process does afterwards."""
    go_on = threading.Event()

    def wait(_instance: str, _commands: Answer) -> Answer:
        go_on.wait(60)
        return {"ReturnCode": 0, "StandardOutput": "", "StandardError": ""}

    fleet.run = wait
    command = send(aws, instances[0])
    eventually(lambda: invocation(aws, command, instances[0]), wanted=lambda found: found["Status"] == "InProgress")
    aws.client("ssm").cancel_command(CommandId=command)
    assert invocation(aws, command, instances[0])["Status"] == "Cancelled"
    go_on.set()
    fleet.run = lambda _instance, _commands: {"ReturnCode": 0, "StandardOutput": "", "StandardError": ""}
    assert result(aws, send(aws, instances[0]), instances[0])["Status"] == "Success"
    assert invocation(aws, command, instances[0])["Status"] == "Cancelled"


def test_one_at_a_time_stops_at_the_first_error(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """MaxConcurrency and MaxErrors: the second instance does not run what failed on the first."""
    fleet.run = lambda _instance, _commands: {"ReturnCode": 1, "StandardOutput": "", "StandardError": ""}
    command = send(aws, *instances, MaxConcurrency="1", MaxErrors="0")
    found = [result(aws, command, instance)["StatusDetails"] for instance in instances]
    assert sorted(found) == ["Failed", "Terminated"]
    assert len(fleet.commands) == 1


def test_instances_are_found_by_tag(aws: EmbeddedAws, instances: list[str], fleet: FakeFleet) -> None:
    """As ``tag:Tier`` finds the instances of an environment."""
    command = send(aws, Targets=[{"Key": "tag:Tier", "Values": ["front"]}])
    for instance in instances:
        assert result(aws, command, instance)["Status"] == "Success"
    nobody = send(aws, Targets=[{"Key": "tag:Tier", "Values": ["nothing"]}])
    (described,) = aws.client("ssm").list_commands(CommandId=nobody)["Commands"]
    assert (described["Status"], described["StatusDetails"]) == ("Failed", "NoInstancesInTag")


def test_refuses_what_aws_refuses(aws: EmbeddedAws, instances: list[str]) -> None:
    aws.client("ec2").terminate_instances(InstanceIds=instances[:1])
    for instance in (instances[0], "i-0123456789abcdef0"):
        with aws_refuses("InvalidInstanceId", instance):
            send(aws, instance)
    with aws_refuses("ValidationException", "less than or equal to 50"):
        send(aws, *(f"i-{number:017x}" for number in range(51)))
    with aws_refuses("InvalidDocument", "AWS-RunShellScript"):
        aws.client("ssm").send_command(DocumentName="AWS-RunPatchBaseline", InstanceIds=instances)
    with aws_refuses("InvalidCommandId"):
        aws.client("ssm").list_command_invocations(CommandId="12345678-1234-1234-1234-123456789012")


@pytest.mark.parametrize("policy", sorted(AGENT_POLICIES))
def test_session_manager_knows_the_instances_whose_role_lets_the_agent_register(
    policy: str, aws: EmbeddedAws, instances: list[str]
) -> None:
    """One that has the policy is listed, and has no connection, since nothing runs it. Sessions are refused as AWS
    refuses them then."""
    iam, ec2, ssm = aws.client("iam"), aws.client("ec2"), aws.client("ssm")
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    iam.create_role(RoleName="server", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
    iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": "server"}, InstanceId=instances[0])
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    iam.attach_role_policy(RoleName="server", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    [managed] = ssm.describe_instance_information()["InstanceInformationList"]
    assert (managed["InstanceId"], managed["PingStatus"]) == (instances[0], "ConnectionLost")
    assert (managed["PlatformName"], managed["PlatformVersion"]) == ("Debian GNU/Linux", "12")
    online = [{"Key": "PingStatus", "Values": ["Online"]}]
    assert ssm.describe_instance_information(Filters=online)["InstanceInformationList"] == []
    assert ssm.describe_sessions(State="Active")["Sessions"] == []
    with aws_refuses("TargetNotConnected", f"{instances[0]} is not connected"):
        ssm.start_session(Target=instances[0])


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 25 ? * * *)",
        "cron(30 3 * * * *)",
        "cron(0 3 ? JAN SUN *)",
        "cron(0 3 ? *)",
        "rate(29 minutes)",
        "rate(31 days)",
        "rate(2 weeks)",
        "at(tomorrow)",
        "0 3 * * *",
    ],
)
def test_a_schedule_that_an_association_cannot_have_is_refused(aws: EmbeddedAws, schedule: str) -> None:
    """Such as one of a month: State Manager has none."""
    ssm = aws.client("ssm")
    with aws_refuses("InvalidSchedule", re.escape(schedule)):
        ssm.create_association(Name="AWS-RunPatchBaseline", ScheduleExpression=schedule)
    assert ssm.list_associations()["Associations"] == []


@pytest.mark.parametrize(
    "schedule",
    ["cron(30 3 ? * * *)", "cron(0 3 ? * SUN#2 *)", "rate(30 minutes)", "rate(1 day)", "at(2026-12-01T03:00:00)"],
)
def test_a_schedule_of_an_association_is_taken(aws: EmbeddedAws, schedule: str) -> None:
    made = aws.client("ssm").create_association(Name="AWS-RunPatchBaseline", ScheduleExpression=schedule)
    assert made["AssociationDescription"]["ScheduleExpression"] == schedule
