"""What a preview of the whole of prod costs, beside that of an empty program, and what the policies add to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bench.figure import Figure, Unit, ratio
from bench.timing import RUNS, minima
from sandbox.tests.platform import Platform

AGAINST_EMPTY = 4.0
WITH_POLICIES = 1.10

PREVIEW = ("preview", "-s", "untouched")
"""Of a stack with prod's own configuration, of which nothing is deployed."""
POLICIES = ("--policy-pack", "policies")

_EMPTY = ("-C", "bench/programs/empty", "-s", "empty")


def measure(platform: Platform) -> list[Figure]:
    """Expects the embedded AWS to run."""
    platform.pulumi("stack", "init", *_EMPTY, "--no-select")
    with untouched_stack(platform):
        took = minima(
            {
                "empty": partial(platform.pulumi, "preview", *_EMPTY),
                "prod": partial(platform.pulumi, *PREVIEW),
                "with policies": partial(platform.pulumi, *PREVIEW, *POLICIES),
            }
        )
    how = f"shortest of {RUNS} each, in turn"
    return [
        Figure(
            name="preview of prod, against an empty program",
            measured=ratio(took["prod"], took["empty"]),
            aim=AGAINST_EMPTY,
            unit=Unit.RATIO,
            basis=f"nothing deployed, {took['prod']:.2f} s; a program that only imports pulumi_aws, "
            f"{took['empty']:.2f} s; {how}",
        ),
        Figure(
            name="preview of prod, policies on against off",
            measured=ratio(took["with policies"], took["prod"]),
            aim=WITH_POLICIES,
            unit=Unit.RATIO,
            basis=f"nothing deployed, {took['with policies']:.2f} s and {took['prod']:.2f} s; {how}",
        ),
    ]


@contextmanager
def untouched_stack(platform: Platform) -> Iterator[None]:
    """The stack that `PREVIEW` is of, with an exception for each of prod's, since these name their stack.

    It goes with the block: unit tests read every stack file that they find.
    """
    exceptions = platform.project / "policies" / "exceptions.yaml"
    text = exceptions.read_text(encoding="utf-8")
    configuration = platform.project / "Pulumi.untouched.yaml"
    configuration.write_text((platform.project / "Pulumi.prod.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    exceptions.write_text(text + text.replace("stack: prod\n", "stack: untouched\n"), encoding="utf-8")
    platform.pulumi("stack", "init", "untouched", "--no-select")
    try:
        yield
    finally:
        platform.pulumi("stack", "rm", "--yes", "-s", "untouched")
        configuration.unlink(missing_ok=True)
        exceptions.write_text(text, encoding="utf-8")
