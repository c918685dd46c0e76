"""How long `make sandbox` takes: from nothing, and again with nothing changed."""

from __future__ import annotations

from bench.figure import Figure, MeasurementError, Unit
from bench.sandbox import bring_up
from sandbox.tests.platform import Platform

FROM_NOTHING_SECONDS = 25.0
UNCHANGED_SECONDS = 9.0

_AGAIN = 2


def measure(platform: Platform) -> list[Figure]:
    """Brings both stacks up; the other groups use them."""
    first = bring_up(platform)
    again = [bring_up(platform) for _ in range(_AGAIN)]
    if first.unchanged or not all(run.unchanged for run in again):
        raise MeasurementError("the first run must make both stacks and the later ones change nothing")
    unchanged = min(again, key=lambda run: run.seconds)
    until_prod = "from the start of the command until prod is up, with the Pulumi CLI in the cache and policies on"
    until_both = "the whole command, prod then preprod"
    return [
        Figure(
            name="sandbox up of prod, from nothing",
            measured=first.prod_seconds,
            aim=FROM_NOTHING_SECONDS,
            unit=Unit.SECONDS,
            basis=f"{until_prod}; one run",
        ),
        Figure(
            name="sandbox up of both stacks, from nothing",
            measured=first.seconds,
            aim=FROM_NOTHING_SECONDS,
            unit=Unit.SECONDS,
            basis=f"{until_both}; one run",
        ),
        Figure(
            name="sandbox up of prod, unchanged",
            measured=min(run.prod_seconds for run in again),
            aim=UNCHANGED_SECONDS,
            unit=Unit.SECONDS,
            basis=f"{until_prod}; the shorter of {_AGAIN}",
        ),
        Figure(
            name="sandbox up of both stacks, unchanged",
            measured=unchanged.seconds,
            aim=UNCHANGED_SECONDS,
            unit=Unit.SECONDS,
            basis=f"{until_both}; the shorter of {_AGAIN}",
        ),
    ]
