"""Whether a preview stays in proportion to the resources, however many satellites there are."""

from __future__ import annotations

from functools import partial

from bench.figure import Figure, Unit, ratio
from bench.timing import RUNS, minima
from sandbox.tests.platform import Platform

FLATNESS = 1.3

RESOURCES = (10, 205, 400)
"""The second is half-way, so that the time a resource is known for the lower and for the upper half."""

_PROGRAM = ("-C", "bench/programs/growing")


def measure(platform: Platform) -> list[Figure]:
    """Expects the embedded AWS to run."""
    previews = {}
    for count in RESOURCES:
        stack = ("-s", f"of-{count}")
        platform.pulumi("stack", "init", *_PROGRAM, *stack, "--no-select")
        platform.pulumi("config", "set", "resources", str(count), *_PROGRAM, *stack)
        previews[str(count)] = partial(platform.pulumi, "preview", *_PROGRAM, *stack)
    took = minima(previews)
    few, half, many = (took[str(count)] for count in RESOURCES)
    times = (few, half, many)
    return [
        Figure(
            name="preview time a resource, many against few",
            measured=growth(RESOURCES, times),
            aim=FLATNESS,
            unit=Unit.RATIO,
            basis="a further resource from 205 to 400 against one from 10 to 205, so that start-up counts in neither: "
            f"{', '.join(f'{count} in {taken:.2f} s' for count, taken in zip(RESOURCES, times, strict=True))}; "
            f"a generated program of security groups with rules, nothing deployed; shortest of {RUNS} each, in turn",
        )
    ]


def growth(counts: tuple[int, int, int], times: tuple[float, float, float]) -> float:
    """The seconds for a further resource in the upper half, as a multiple of those in the lower half."""
    few, half, many = counts
    lower = (times[1] - times[0]) / (half - few)
    upper = (times[2] - times[1]) / (many - half)
    return ratio(upper, lower)
