"""Systems Manager: Run Command on the hosts of a fleet, and which instances its agent manages. No sessions."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.emulator.application import APPLICATION
from sandbox.emulator.errors import AwsError
from sandbox.emulator.fleet.registration import FLEET, TIME, FleetFailedError, NoAnswerError, NoHostError
from sandbox.emulator.in_process import client
from sandbox.emulator.patching import operation

DOCUMENT = "AWS-RunShellScript"
PLUGIN = "aws:runShellScript"
MOST_INSTANCES = 50
"""Ids in a SendCommand. Source: Systems Manager API reference, ``SendCommand``, as the figures below."""
DELIVERY_SECONDS = 600
EXECUTION_SECONDS = 3600
OUTPUT_CHARACTERS, ERROR_CHARACTERS = 24_000, 8_000
"""What GetCommandInvocation answers of the two outputs."""
PLUGIN_CHARACTERS = 2_500
"""What ListCommandInvocations answers of the output."""
AGENT_POLICIES = {"AmazonSSMManagedInstanceCore", "AmazonSSMManagedEC2InstanceDefaultPolicy"}
"""An instance's role needs one of them for its agent to register ("Configure instance permissions required for Systems
Manager")."""
_OF_BEANSTALK = "elasticbeanstalk:environment-name"
_RETRY_SECONDS = 0.2
_OVER = ("Success", "Failed", "TimedOut", "Cancelled")


@dataclass(kw_only=True)
class Invocation:
    """A command on one instance."""

    instance_id: str
    status: str = "Pending"
    details: str = "Pending"
    code: int = -1
    output: str = ""
    error: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status in _OVER

    def end(self, status: str, details: str | None = None) -> None:
        """Set the last status, unless the command was cancelled meanwhile."""
        if not self.is_over:
            self.status, self.details, self.ended = status, details or status, _now()


@dataclass(kw_only=True)
class Command:
    """A command that was sent. ``request`` has the parameters of SendCommand."""

    request: dict[str, Any]
    invocations: dict[str, Invocation]
    region: str
    account: str
    command_id: str = field(default_factory=lambda: str(uuid4()))
    requested: datetime = field(default_factory=lambda: _now())

    @property
    def delivery_seconds(self) -> int:
        return int(self.request.get("TimeoutSeconds", DELIVERY_SECONDS))

    @property
    def execution_seconds(self) -> int:
        return int(self._parameter("executionTimeout", [EXECUTION_SECONDS])[0])

    @property
    def commands(self) -> dict[str, Any]:
        """What the fleet runs."""
        return {
            "Commands": self._parameter("commands", []),
            "WorkingDirectory": self._parameter("workingDirectory", [""])[0] or None,
            "TimeoutSeconds": self.execution_seconds,
        }

    def _parameter(self, name: str, default: list[Any]) -> list[Any]:
        return list(self.request.get("Parameters", {}).get(name) or default)

    def limit(self, name: str, default: str) -> int:
        """MaxConcurrency or MaxErrors as a number of instances."""
        text = str(self.request.get(name, default))
        return ceil(len(self.invocations) * int(text[:-1]) / 100) if text.endswith("%") else int(text)

    def count(self, *statuses: str) -> int:
        return sum(invocation.status in statuses for invocation in self.invocations.values())

    @property
    def status(self) -> tuple[str, str]:
        """Status and details of the whole command: the worst of its invocations once all are over."""
        every = list(self.invocations.values())
        if not every:
            return "Failed", "NoInstancesInTag"
        if not all(invocation.is_over for invocation in every):
            waiting = all(invocation.status == "Pending" for invocation in every)
            return ("Pending", "Pending") if waiting else ("InProgress", "InProgress")
        worst = next(
            (i for status in ("Failed", "TimedOut", "Cancelled") for i in every if i.status == status), every[0]
        )
        return worst.status, worst.details

    def describe(self) -> dict[str, Any]:
        status, details = self.status
        kept = ("Comment", "InstanceIds", "Targets", "OutputS3BucketName", "OutputS3KeyPrefix", "NotificationConfig")
        return {
            "CommandId": self.command_id,
            "DocumentName": self.request["DocumentName"],
            "DocumentVersion": self.request.get("DocumentVersion", "$DEFAULT"),
            "Parameters": self.request.get("Parameters", {}),
            **{name: self.request[name] for name in kept if name in self.request},
            "RequestedDateTime": self.requested,
            "ExpiresAfter": datetime.fromtimestamp(self.requested.timestamp() + self.delivery_seconds, UTC),
            "Status": status,
            "StatusDetails": details,
            "MaxConcurrency": str(self.request.get("MaxConcurrency", "50")),
            "MaxErrors": str(self.request.get("MaxErrors", "0")),
            "TargetCount": len(self.invocations),
            "CompletedCount": self.count(*_OVER),
            "ErrorCount": self.count("Failed", "TimedOut"),
            "DeliveryTimedOutCount": sum(i.details == "DeliveryTimedOut" for i in self.invocations.values()),
            "TimeoutSeconds": self.delivery_seconds,
        }


@operation(SimpleSystemManagerResponse)
def send_command(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    name = parameters["DocumentName"].rpartition("/")[2]
    if name != DOCUMENT:
        raise AwsError("InvalidDocument", f"The document {name} is not one that the embedded AWS can run: {DOCUMENT}.")
    if not parameters.get("Parameters", {}).get("commands"):
        raise AwsError("InvalidParameters", "The parameter commands of the document is required.")
    instances = _instances(response, parameters)
    command = Command(
        request=parameters,
        invocations={instance: Invocation(instance_id=instance) for instance in instances},
        region=response.region,
        account=response.current_account,
    )
    _sent(response)[command.command_id] = command
    slots = threading.Semaphore(max(1, command.limit("MaxConcurrency", "50")))
    for invocation in command.invocations.values():
        if FLEET.is_registered:
            threading.Thread(target=_run, args=(command, invocation, slots), name="command", daemon=True).start()
        else:
            invocation.end("Failed", "Undeliverable")
    return {"Command": command.describe()}


@operation(SimpleSystemManagerResponse)
def list_commands(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Commands": [command.describe() for command in _wanted(response, parameters)]}


@operation(SimpleSystemManagerResponse)
def get_command_invocation(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    command = _command(response, parameters["CommandId"])
    invocation = command.invocations.get(parameters["InstanceId"])
    if invocation is None or parameters.get("PluginName", PLUGIN) != PLUGIN:
        raise AwsError("InvocationDoesNotExist", "")
    seconds = (
        (invocation.ended - invocation.started).total_seconds() if invocation.ended and invocation.started else None
    )
    return {
        "CommandId": command.command_id,
        "InstanceId": invocation.instance_id,
        "Comment": command.request.get("Comment", ""),
        "DocumentName": command.request["DocumentName"],
        "DocumentVersion": command.request.get("DocumentVersion", "$DEFAULT"),
        "PluginName": PLUGIN,
        "ResponseCode": invocation.code,
        "ExecutionStartDateTime": _text(invocation.started),
        "ExecutionElapsedTime": "" if seconds is None else f"PT{seconds:.3f}S",
        "ExecutionEndDateTime": _text(invocation.ended if invocation.started else None),
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "StandardOutputContent": invocation.output[:OUTPUT_CHARACTERS],
        "StandardOutputUrl": "",
        "StandardErrorContent": invocation.error[:ERROR_CHARACTERS],
        "StandardErrorUrl": "",
    }


@operation(SimpleSystemManagerResponse)
def list_command_invocations(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "CommandInvocations": [
            _describe(command, invocation, with_plugins=bool(parameters.get("Details")))
            for command in _wanted(response, parameters)
            for invocation in command.invocations.values()
            if parameters.get("InstanceId") in (None, invocation.instance_id)
        ]
    }


@operation(SimpleSystemManagerResponse)
def cancel_command(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """End what has not ended. As in AWS, a process that has started on an instance may go on."""
    command = _command(response, parameters["CommandId"])
    for invocation in command.invocations.values():
        if parameters.get("InstanceIds") is None or invocation.instance_id in parameters["InstanceIds"]:
            invocation.end("Cancelled")
    return {}


@operation(SimpleSystemManagerResponse)
def describe_instance_information(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The running instances whose role lets their agent register. Without a host, the agent has no connection."""
    ec2 = client("ec2", response.region, response.current_account)
    running = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    every = [
        _managed(instance)
        for reservation in running["Reservations"]
        for instance in reservation["Instances"]
        if _may_register(response, instance)
    ]
    filters = [(each["Key"], each["Values"]) for each in parameters.get("Filters", [])]
    filters += [(each["key"], each["valueSet"]) for each in parameters.get("InstanceInformationFilterList", [])]
    kept = [each for each in every if all(_has(each, key, values) for key, values in filters)]
    return {"InstanceInformationList": kept}


@operation(SimpleSystemManagerResponse)
def describe_sessions(_response: SimpleSystemManagerResponse, _parameters: dict[str, Any]) -> dict[str, Any]:
    """None: a session needs the data channel of the agent, which is not here."""
    return {"Sessions": []}


@operation(SimpleSystemManagerResponse)
def start_session(_response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    raise AwsError("TargetNotConnected", f"{parameters['Target']} is not connected.")


def _managed(instance: dict[str, Any]) -> dict[str, Any]:
    is_windows = instance.get("Platform") == "windows"
    # To ask the fleet for each host would keep all other requests waiting. It runs Beanstalk's instances, all of them.
    is_host = FLEET.is_registered and any(tag["Key"] == _OF_BEANSTALK for tag in instance.get("Tags", []))
    return {
        "InstanceId": instance["InstanceId"],
        "PingStatus": "Online" if is_host else "ConnectionLost",
        "PlatformType": "Windows" if is_windows else "Linux",
        "ResourceType": "EC2Instance",
        "IPAddress": instance["PrivateIpAddress"],
        "RegistrationDate": instance["LaunchTime"],
    }


def _has(instance: dict[str, Any], key: str, values: list[str]) -> bool:
    """Whether an instance passes a filter. Raises AWS's error for a key that is not known here."""
    members = {"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType"}
    if key not in members:
        raise AwsError("InvalidInstanceInformationFilterValue", f"The filter key {key} is not valid.")
    return instance[members[key]] in values


def _may_register(response: SimpleSystemManagerResponse, instance: dict[str, Any]) -> bool:
    """Whether the role of the instance has the managed policy that Session Manager asks for."""
    profile = instance.get("IamInstanceProfile")
    if profile is None:
        return False
    iam = client("iam", "us-east-1", response.current_account)
    try:
        found = iam.get_instance_profile(InstanceProfileName=profile["Arn"].rpartition("/")[2])
    except ClientError:  # the profile was deleted after the launch
        return False
    return any(
        policy["PolicyName"] in AGENT_POLICIES
        for role in found["InstanceProfile"]["Roles"]
        for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    )


def _run(command: Command, invocation: Invocation, slots: threading.Semaphore) -> None:
    """Run the command on its instance, in a thread."""
    with slots:
        with APPLICATION.lock:
            if command.count("Failed", "TimedOut") > command.limit("MaxErrors", "0"):
                invocation.end("Cancelled", "Terminated")
        if invocation.is_over or not _wait_for_host(command, invocation):
            return
        with APPLICATION.lock:
            if not invocation.is_over:
                invocation.status = invocation.details = "InProgress"
                invocation.started = _now()
        if not invocation.is_over:
            _execute(command, invocation)


def _wait_for_host(command: Command, invocation: Invocation) -> bool:
    """Whether the instance has a host. Waits for one until the delivery times out."""
    deadline = time.monotonic() + TIME.seconds(command.delivery_seconds)
    while not invocation.is_over:
        try:
            FLEET.log_of(invocation.instance_id)
            return True
        except FleetFailedError:  # there is a host, although its log cannot be read
            return True
        except NoAnswerError:
            with APPLICATION.lock:
                invocation.end("Failed", "Undeliverable")
        except NoHostError:
            if time.monotonic() >= deadline:
                with APPLICATION.lock:
                    invocation.end("TimedOut", "DeliveryTimedOut")
            time.sleep(_RETRY_SECONDS)
    return False


def _execute(command: Command, invocation: Invocation) -> None:
    seconds = command.execution_seconds
    try:
        answer = FLEET.run(invocation.instance_id, command.commands, seconds + TIME.seconds(DELIVERY_SECONDS))
    except NoAnswerError:
        answer = {"ReturnCode": -1, "TimedOut": True}
    except NoHostError:
        answer = {"ReturnCode": -1}
    with APPLICATION.lock:
        if invocation.is_over:
            return
        invocation.code = int(answer["ReturnCode"])
        invocation.output, invocation.error = answer.get("StandardOutput", ""), answer.get("StandardError", "")
        if answer.get("TimedOut"):
            invocation.end("TimedOut", "ExecutionTimedOut")
        else:
            invocation.end("Failed" if invocation.code else "Success")
    _keep(command, invocation)


def _keep(command: Command, invocation: Invocation) -> None:
    """Write the whole outputs to S3, if the command names a bucket."""
    bucket = command.request.get("OutputS3BucketName")
    if not bucket:
        return
    prefix = command.request.get("OutputS3KeyPrefix", "").strip("/")
    place = f"{command.command_id}/{invocation.instance_id}/awsrunShellScript/0.awsrunShellScript"
    for name, text in (("stdout", invocation.output), ("stderr", invocation.error)):
        key = "/".join(part for part in (prefix, place, name) if part)
        try:
            client("s3", command.region, command.account).put_object(Bucket=bucket, Key=key, Body=text.encode())
        except ClientError:  # AWS does not report it either
            return


def _instances(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> list[str]:
    """The instances that a request names by id or by tag."""
    ids = list(dict.fromkeys(parameters.get("InstanceIds", [])))
    if len(ids) > MOST_INSTANCES:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '[{', '.join(ids)}]' at 'instanceIds' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_INSTANCES}",
        )
    if not ids and not parameters.get("Targets"):
        raise AwsError("InvalidParameters", "Either InstanceIds or Targets is required.")
    ec2 = client("ec2", response.region, response.current_account)
    filters = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    for target in parameters.get("Targets", []):
        if target["Key"].lower() == "instanceids":
            ids += [instance for instance in target["Values"] if instance not in ids]
        else:
            filters.append({"Name": target["Key"], "Values": target["Values"]})
    running = {
        instance["InstanceId"]
        for reservation in ec2.describe_instances(Filters=filters)["Reservations"]
        for instance in reservation["Instances"]
    }
    if not ids:
        return sorted(running)
    if missing := [instance for instance in ids if instance not in running]:
        raise AwsError(
            "InvalidInstanceId",
            f"Instances [[{', '.join(missing)}]] not in a valid state for account {response.current_account}",
        )
    return ids


def _sent(response: SimpleSystemManagerResponse) -> dict[str, Command]:
    """The commands of the account and region, kept on moto's backend, so that a reset deletes them."""
    backend = ssm_backends[response.current_account][response.region]
    commands: dict[str, Command] = vars(backend).setdefault("sent_commands", {})
    return commands


def _command(response: SimpleSystemManagerResponse, command_id: str) -> Command:
    try:
        return _sent(response)[command_id]
    except KeyError:
        raise AwsError("InvalidCommandId", "") from None


def _wanted(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> list[Command]:
    """The commands that a request lists, newest first."""
    if "CommandId" in parameters:
        return [_command(response, parameters["CommandId"])]
    instance = parameters.get("InstanceId")
    return [c for c in reversed(_sent(response).values()) if instance is None or instance in c.invocations]


def _describe(command: Command, invocation: Invocation, *, with_plugins: bool) -> dict[str, Any]:
    plugin = {
        "Name": PLUGIN,
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "ResponseCode": invocation.code,
        "ResponseStartDateTime": invocation.started,
        "ResponseFinishDateTime": invocation.ended,
        "Output": invocation.output[:PLUGIN_CHARACTERS],
    }
    return {
        "CommandId": command.command_id,
        "InstanceId": invocation.instance_id,
        "Comment": command.request.get("Comment", ""),
        "DocumentName": command.request["DocumentName"],
        "RequestedDateTime": command.requested,
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "CommandPlugins": [{name: v for name, v in plugin.items() if v is not None}] if with_plugins else [],
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _text(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if moment else ""
