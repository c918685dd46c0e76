"""EventBridge Scheduler: what AWS checks of a schedule. None of them starts anything here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.trust import trusts
from sandbox.emulator.patching import patch
from sandbox.emulator.schedules import is_cron, rate_minutes

_SERVICE = "scheduler.amazonaws.com"
_UNIVERSAL = re.compile(r"arn:[\w-]+:scheduler:::aws-sdk:(?P<service>\w+):(?P<action>\w+)")
_READS = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup")
"""The beginnings of actions that a universal target may not have ("Using universal targets in EventBridge Scheduler").
The page has some more, of services that the sandbox does not have."""


@patch(
    "moto.scheduler.models:EventBridgeSchedulerBackend.create_schedule",
    sha256="69bba1bc85394d9bbe95d3a1eb2b2a5c2ab211b1967ffcb10e2ab2762cf31b37",
)
def _create_schedule(original: Callable[..., Schedule], backend: EventBridgeSchedulerBackend, **said: Any) -> Schedule:
    _check(backend, said)
    return original(backend, **said)


@patch(
    "moto.scheduler.models:EventBridgeSchedulerBackend.update_schedule",
    sha256="e284e3913d8611cabf2d30ade887d1407a9c35f1281aa935238ab05de88f7890",
)
def _update_schedule(original: Callable[..., Schedule], backend: EventBridgeSchedulerBackend, **said: Any) -> Schedule:
    _check(backend, said)
    return original(backend, **said)


def _check(backend: EventBridgeSchedulerBackend, said: dict[str, Any]) -> None:
    expression, target = said["schedule_expression"], said["target"]
    if not _is_schedule(expression):
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}.")
    universal = _UNIVERSAL.fullmatch(target["Arn"])
    if universal and universal["action"].startswith(_READS):
        raise AwsError("ValidationException", f"The action {universal['action']} is not supported as a target.")
    if not trusts(target["RoleArn"], _SERVICE, region=backend.region_name, account_id=backend.account_id):
        raise AwsError(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )


def _is_schedule(expression: str) -> bool:
    """Whether a schedule can have it ("Schedule types in EventBridge Scheduler")."""
    if expression.startswith("at("):
        try:
            datetime.strptime(expression, "at(%Y-%m-%dT%H:%M:%S)")
        except ValueError:
            return False
        return True
    return rate_minutes(expression) is not None or is_cron(expression)
