"""Ports and ranges of ports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from settings.messages import Words, refuse
from settings.values import Limit, between

_HIGHEST_PORT = 65535


@dataclass(frozen=True, kw_only=True, order=True)
class PortRange:
    """The ports from ``first`` to ``last``, both included. A single port is a range of one."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last <= _HIGHEST_PORT:
            refuse(
                "ports",
                got=Words(f"{self.first}-{self.last}"),
                expected=f"ports from 1 to {_HIGHEST_PORT}, the lower one first",
            )

    @classmethod
    def of(cls, written: int | str) -> PortRange:
        """The range that a stack file writes as ``3389`` or ``8700-8800``. Raises ``ValueError`` for anything else."""
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", str(written))
        if match is None:
            refuse("ports", got=written, expected="a port such as 3389 or a range such as 8700-8800")
        return cls(first=int(match[1]), last=int(match[2] or match[1]))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def __len__(self) -> int:
        return self.last - self.first + 1

    def overlaps(self, other: PortRange) -> bool:
        return self.first <= other.last and other.first <= self.last

    def surrounds(self, other: PortRange) -> bool:
        """Whether it holds all of the other's ports and more."""
        return self != other and self.first <= other.first and other.last <= self.last

    def without(self, hole: PortRange) -> tuple[PortRange, ...]:
        """What is left on either side of a hole. The hole need not overlap it."""
        if not self.overlaps(hole):
            return (self,)
        below = (PortRange(first=self.first, last=hole.first - 1),) if self.first < hole.first else ()
        above = (PortRange(first=hole.last + 1, last=self.last),) if hole.last < self.last else ()
        return below + above


def merged(ranges: Iterable[PortRange]) -> tuple[PortRange, ...]:
    """The fewest ranges of the same ports, in ascending order: neighbours become one."""
    joined: list[PortRange] = []
    for each in sorted(ranges):
        if joined and each.first <= joined[-1].last + 1:
            joined[-1] = PortRange(first=joined[-1].first, last=max(joined[-1].last, each.last))
        else:
            joined.append(each)
    return tuple(joined)


def is_range(written: object, *, lowest: int = 1) -> bool:
    """Whether a stack file wrote a port or a range of ports, ``lowest`` or higher."""
    try:
        return type(written) in (int, str) and PortRange.of(written).first >= lowest  # type: ignore[arg-type]
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class _PortsRule(Limit):
    """A rule that is the whole check: of a union, pydantic would report a fault for each of its types."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.checked)


def ports_from(lowest: int, example: str) -> Limit:
    """The rule of a range of ports in quotes."""
    return Limit(
        expected=f"a range of ports from {lowest} to {_HIGHEST_PORT}, such as {example}",
        holds=lambda value: is_range(value, lowest=lowest),
    )


Port = Annotated[int, between(1, _HIGHEST_PORT)]
Ports = Annotated[
    int | str,
    _PortsRule(expected=f"a port such as 3389 or a range such as 8700-8800, from 1 to {_HIGHEST_PORT}", holds=is_range),
]
PassivePorts = Annotated[str, ports_from(1024, "5000-5099")]
"""The ports that an FTP server announces for data connections. FTP servers announce none below 1024."""
