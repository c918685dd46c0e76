"""The Beanstalk platform of an environment: the PHP version, and a pinned platform if the stack file names one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from settings.messages import Fault
from settings.values import Limit, like

_VERSIONS = ("8.2", "8.3", "8.4", "8.5")
"""Of PHP on Amazon Linux 2023 ("Elastic Beanstalk supported platforms", November 2026)."""
PhpVersion = Annotated[
    str, Limit(expected=f"one of {', '.join(_VERSIONS)}", holds=lambda version: version in _VERSIONS)
]
SolutionStack = Annotated[
    str,
    like(
        r"64bit Amazon Linux 2023 v\d+\.\d+\.\d+ running PHP \d+\.\d+",
        "a Beanstalk platform such as 64bit Amazon Linux 2023 v4.13.13 running PHP 8.4",
    ),
]


def disagreement(php: str, solution_stack: str | None) -> Iterator[Fault]:
    """A fault if the pinned platform runs another PHP version."""
    if solution_stack and solution_stack.rpartition(" PHP ")[2] != php:
        yield Fault(
            path="solution_stack",
            got=solution_stack,
            expected=f"a platform that runs PHP {php}",
            fix="php and solution_stack must name the same version.",
        )
