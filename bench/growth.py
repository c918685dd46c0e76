"""Whether a preview stays in proportion to the resources, however many satellites there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bench.figure import Figure, Unit, ratio
from bench.timing import RUNS, cpu_time, minima
from sandbox.tests.platform import Platform

FLATNESS = 1.15

RESOURCES = (10, 200, 1600, 6400)
"""A further resource takes a time between each two neighbours, in which start-up does not count."""

_PROGRAM = ("-C", "bench/programs/growing")


def measure(platform: Platform) -> list[Figure]:
    """Expects the embedded AWS to run."""
    previews = {}
    for count in RESOURCES:
        stack = ("-s", f"of-{count}")
        platform.pulumi("stack", "init", *_PROGRAM, *stack, "--no-select")
        platform.pulumi("config", "set", "resources", str(count), *_PROGRAM, *stack)
        previews[count] = partial(platform.pulumi, "preview", *_PROGRAM, *stack)
    # Each as often as the others: one run of the largest against the shortest of three would count noise as growth. In
    # CPU: the clock hides what 190 resources take, since it is done while other processes start.
    took = minima({str(count): preview for count, preview in previews.items()}, clock=cpu_time)
    return [_figure(counts, took) for counts in (RESOURCES[:3], RESOURCES[1:])]


def _figure(counts: tuple[int, int, int], took: Mapping[str, float]) -> Figure:
    few, half, many = counts
    times = (took[str(few)], took[str(half)], took[str(many)])
    return Figure(
        name=f"preview's CPU a resource, {half:,} to {many:,}",
        measured=growth(counts, times),
        aim=FLATNESS,
        unit=Unit.RATIO,
        basis=f"a further resource from {half:,} to {many:,} against one from {few:,} to {half:,}: "
        f"{', '.join(f'{count:,} in {taken:.2f} s' for count, taken in zip(counts, times, strict=True))}; a generated "
        "program of security groups with rules, which starts as prod's does, nothing deployed; CPU of the CLI, the "
        f"engine, its plugins and the program; least of {RUNS} each, in turn",
    )


def growth(counts: tuple[int, int, int], times: tuple[float, float, float]) -> float:
    """The seconds for a further resource in the upper half, as a multiple of those in the lower half."""
    few, half, many = counts
    lower = (times[1] - times[0]) / (half - few)
    upper = (times[2] - times[1]) / (many - half)
    return ratio(upper, lower)
