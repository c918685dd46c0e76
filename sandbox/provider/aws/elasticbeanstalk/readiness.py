"""Waiting for an environment, and telling what went wrong on the way."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.provider.adapter import Aws

UNITS = {"h": 3600, "m": 60, "s": 1}
"""Seconds in the units of a duration such as ``1h30m``."""
DURATION = re.compile(r"(?:\d+(?:\.\d+)?[hms])+")
GONE = {"Terminated", "Terminating"}


class EnvironmentFailedError(RuntimeError):
    """The environment reported errors while it was made or updated, or was terminated meanwhile."""


def seconds(duration: str) -> float:
    """The length of a duration such as ``20m`` or ``1h30m``. Raises ``ValueError`` for anything else."""
    if not DURATION.fullmatch(duration):
        raise ValueError(f"got {duration!r}, expected a duration such as 20m or 1h30m")
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)([hms])", duration))


def find(aws: Aws, id: str) -> Mapping[str, Any] | None:
    """The environment, or ``None`` when it does not exist (any more)."""
    answer = aws.client("elasticbeanstalk").describe_environments(EnvironmentIds=[id], IncludeDeleted=False)
    environment = next(iter(answer["Environments"]), None)
    return None if environment is None or environment["Status"] == "Terminated" else environment


def latest_event(aws: Aws, id: str) -> datetime | None:
    """When the environment last reported anything: what it reports later belongs to what is done next."""
    events = aws.client("elasticbeanstalk").describe_events(EnvironmentId=id, MaxRecords=1)["Events"]
    return events[0]["EventDate"] if events else None


def wait_ready(aws: Aws, id: str, timeout: str) -> Mapping[str, Any]:
    """Wait until the environment takes changes again and answer it. Raises ``EnvironmentFailedError`` when it was
    terminated, and ``TimeoutError`` after ``timeout``, each with what it reported."""
    deadline = time.monotonic() + seconds(timeout)

    def ready() -> bool:
        environment = find(aws, id)
        if environment is None or environment["Status"] in GONE:
            raise EnvironmentFailedError(f"environment {id} was terminated{_report(errors_since(aws, id, None))}")
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"environment {id} was not ready after {timeout} (waitForReadyTimeout), but"
                f" {environment['Status']}{_report(errors_since(aws, id, None))}"
            )
        return bool(environment["Status"] == "Ready")

    aws.wait(f"environment {id} to be ready", ready)
    return find(aws, id) or {}


def fail_on_errors(aws: Aws, id: str, since: datetime | None) -> None:
    """Raise ``EnvironmentFailedError`` with the errors that the environment reported after a moment, if any."""
    if errors := errors_since(aws, id, since):
        raise EnvironmentFailedError(f"environment {id} reported errors{_report(errors)}")


def errors_since(aws: Aws, id: str, since: datetime | None) -> list[str]:
    """The messages of the environment's ERROR events after a moment, oldest first."""
    start = {"StartTime": since} if since else {}
    pages = aws.client("elasticbeanstalk").get_paginator("describe_events")
    events = [event for page in pages.paginate(EnvironmentId=id, Severity="ERROR", **start) for event in page["Events"]]
    return [event["Message"] for event in reversed(events) if since is None or event["EventDate"] > since]


def _report(errors: list[str]) -> str:
    return "".join(f"\n  {error}" for error in errors)
