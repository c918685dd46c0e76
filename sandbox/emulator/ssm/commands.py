"""Run Command: commands on the hosts of a fleet."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Any
from uuid import uuid4

from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.emulator.application import APPLICATION
from sandbox.emulator.errors import AwsError
from sandbox.emulator.fleet.registration import FLEET, TIME, FleetFailedError, NoAnswerError, NoHostError
from sandbox.emulator.in_process import client
from sandbox.emulator.patching import operation
from sandbox.emulator.ssm.documents import Script
from sandbox.emulator.ssm.outputs import Outputs

MOST_INSTANCES = 50
"""Ids in a SendCommand. Source: Systems Manager API reference, ``SendCommand``, as the figures below."""
DELIVERY_SECONDS = 600
OUTPUT_CHARACTERS, ERROR_CHARACTERS = 24_000, 8_000
"""What GetCommandInvocation answers of the two outputs."""
PLUGIN_CHARACTERS = 2_500
"""What ListCommandInvocations answers of the output."""
NO_HOSTS = "No host runs in this sandbox: `sudo ./shop sandbox live` starts them."
"""What the instances say while there is no fleet. On AWS, an instance that cannot be reached says nothing."""
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
    script: Script
    invocations: dict[str, Invocation]
    region: str
    account: str
    command_id: str = field(default_factory=lambda: str(uuid4()))
    requested: datetime = field(default_factory=lambda: _now())

    @property
    def delivery_seconds(self) -> int:
        return int(self.request.get("TimeoutSeconds", DELIVERY_SECONDS))

    @property
    def commands(self) -> dict[str, Any]:
        """What the fleet runs."""
        return {
            "Commands": list(self.script.lines),
            "WorkingDirectory": self.script.working_directory or None,
            "TimeoutSeconds": self.script.timeout_seconds,
        }

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
        kept = (
            "Comment",
            "InstanceIds",
            "Targets",
            "OutputS3BucketName",
            "OutputS3KeyPrefix",
            "CloudWatchOutputConfig",
            "NotificationConfig",
        )
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
    script = Script.of(ssm_backends[response.current_account][response.region], parameters)
    instances = _instances(response, parameters)
    command = Command(
        request=parameters,
        script=script,
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
            invocation.error = NO_HOSTS
            invocation.end("Failed", "Undeliverable")
    return {"Command": command.describe()}


@operation(SimpleSystemManagerResponse)
def list_commands(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Commands": [command.describe() for command in _wanted(response, parameters)]}


@operation(SimpleSystemManagerResponse)
def get_command_invocation(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    command = _command(response, parameters["CommandId"])
    invocation = command.invocations.get(parameters["InstanceId"])
    if invocation is None or parameters.get("PluginName", command.script.step) != command.script.step:
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
        "PluginName": command.script.step,
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
        "CloudWatchOutputConfig": command.request.get("CloudWatchOutputConfig", {"CloudWatchOutputEnabled": False}),
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
    seconds = command.script.timeout_seconds
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
    Outputs(
        command_id=command.command_id,
        instance_id=invocation.instance_id,
        document=command.request["DocumentName"],
        step=command.script.step,
        stdout=invocation.output,
        stderr=invocation.error,
        region=command.region,
        account=command.account,
    ).keep(command.request)


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
        "Name": command.script.step,
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
