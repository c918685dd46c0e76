"""EventBridge Scheduler: what AWS checks of a schedule. None of them starts anything here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.trust import trusts
from sandbox.emulator.patching import patch
from sandbox.emulator.schedules import is_at, is_cron, rate_minutes

_SERVICE = "scheduler.amazonaws.com"
_UNIVERSAL = re.compile(r"arn:[\w-]+:scheduler:::aws-sdk:(?P<service>\w+):(?P<action>\w+)")
_READS = re.compile(
    "get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batch(Get|Describe|Read)|"
    "transactGet|admin(Get|List)|test(Migration|Connection)|retrieve|translateDocument|isAuthorized|invokeModel"
)
"""How actions begin that a universal target may not have ("Using universal targets in EventBridge Scheduler")."""


@patch(
    "moto.scheduler.models:EventBridgeSchedulerBackend.create_schedule",
    sha256="69bba1bc85394d9bbe95d3a1eb2b2a5c2ab211b1967ffcb10e2ab2762cf31b37",
    upstream="CreateSchedule answers a group that does not exist with a KeyError.",
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
    _check_limits(said["flexible_time_window"], target.get("RetryPolicy", {}))
    backend.get_schedule_group(said["group_name"])
    # "Schedule types in EventBridge Scheduler".
    if not (is_at(expression) or is_cron(expression) or rate_minutes(expression)):
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}.")
    universal = _UNIVERSAL.fullmatch(target["Arn"])
    if universal and _READS.match(universal["action"]):
        raise AwsError("ValidationException", f"The action {universal['action']} is not supported as a target.")
    if not trusts(target["RoleArn"], _SERVICE, region=backend.region_name, account_id=backend.account_id):
        raise AwsError(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )


def _check_limits(window: Mapping[str, Any], retry: Mapping[str, Any]) -> None:
    """Those of "FlexibleTimeWindow" and "RetryPolicy" in the API reference."""
    if window["Mode"] == "FLEXIBLE" and "MaximumWindowInMinutes" not in window:
        raise AwsError("ValidationException", "FlexibleTimeWindow.MaximumWindowInMinutes is required in mode FLEXIBLE.")
    for path, value, least, most in (
        ("flexibleTimeWindow.maximumWindowInMinutes", window.get("MaximumWindowInMinutes", 1), 1, 1440),
        ("target.retryPolicy.maximumEventAgeInSeconds", retry.get("MaximumEventAgeInSeconds", 60), 60, 86_400),
        ("target.retryPolicy.maximumRetryAttempts", retry.get("MaximumRetryAttempts", 0), 0, 185),
    ):
        if not least <= value <= most:
            expected = f"greater than or equal to {least}" if value < least else f"less than or equal to {most}"
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must "
                f"have value {expected}",
            )
