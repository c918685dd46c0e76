"""What a TCP gateway forwards, and the listeners and ways in that follow from it. Nothing here knows of Pulumi."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from itertools import combinations

_HIGHEST_PORT = 65535
_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, kw_only=True, order=True)
class PortRange:
    """The ports from ``first`` to ``last``, both included; a single port is a range of one."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last <= _HIGHEST_PORT:
            raise ValueError(f"ports must be 1 to {_HIGHEST_PORT}, the lower one first, got {self.first}-{self.last}")

    @classmethod
    def of(cls, written: int | str) -> PortRange:
        """The range that config writes as ``3389`` or ``8700-8800``. Raises ``ValueError`` for anything else."""
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", str(written))
        if match is None:
            raise ValueError(f"ports must be one such as 3389 or a range such as 8700-8800, got {written!r}")
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
        """What is left on either side of a hole, which need not overlap it."""
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


@dataclass(frozen=True, kw_only=True)
class Forward:
    """Ports of the gateway that go to the same ports of ``target``, an IPv4 address or a full host name.

    ``target_port`` sends a single port to another one. For FTP, ``ports`` has the control port and ``passive_ports``
    the range that the server announces for its data connections, which never changes on the way. ``check_port`` is the
    target's port that tells whether it is alive: where the first of ``ports`` goes to, if it is not given.
    """

    name: str
    ports: tuple[int | str, ...]
    passive_ports: str | None = None
    target: str
    target_port: int | None = None
    check_port: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name must be lower-case letters, digits and hyphens, a letter first, got '{self.name}'")
        if not self.ports:
            raise ValueError(f"forward {self.name}: ports must name at least one, got none")
        if not (self.target_is_an_address or _HOST_NAME.fullmatch(self.target)):
            raise ValueError(
                f"forward {self.name}: target must be an IPv4 address or a full host name in lower case, "
                f"got '{self.target}'"
            )
        # Reading them raises for what is no port at all.
        bound, _ = self.ranges, self.target_ranges
        if self.target_port is not None and sum(map(len, bound)) > 1:
            raise ValueError(f"forward {self.name}: target_port goes with a single port, got {self.ports}")
        if self.passive_range is not None and self.passive_range.first < 1024:
            raise ValueError(
                f"forward {self.name}: passive_ports must be 1024 or higher, got {self.passive_range}: "
                "FTP servers announce no lower ones"
            )

    @property
    def ranges(self) -> tuple[PortRange, ...]:
        return tuple(PortRange.of(each) for each in self.ports)

    @property
    def passive_range(self) -> PortRange | None:
        return None if self.passive_ports is None else PortRange.of(self.passive_ports)

    @property
    def target_ranges(self) -> tuple[PortRange, ...]:
        """The ports that the target gets connections on, the check's included."""
        at_target = self.ranges if self.target_port is None else (PortRange.of(self.target_port),)
        passive = () if self.passive_range is None else (self.passive_range,)
        return (*at_target, *passive, PortRange.of(self.checked_port))

    @property
    def checked_port(self) -> int:
        choices = (self.check_port, self.target_port, self.ranges[0].first)
        return next(port for port in choices if port is not None)

    @property
    def target_is_an_address(self) -> bool:
        try:
            IPv4Address(self.target)
        except AddressValueError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Ports that the gateway binds for one forward: no other listener has any of them."""

    name: str
    binds: tuple[PortRange, ...]
    forward: Forward
    target_port: int | None
    """None keeps the port that the client came to."""


def listeners(forwards: Iterable[Forward]) -> tuple[Listener, ...]:
    """Who gets each port: where one range surrounds another, the narrower has its ports and the wider one the rest.

    Raises ``ValueError`` where it is not clear who gets a port: two that cross each other, or are the same. Linux would
    let a process bind a port twice and deal connections out at random, and ``haproxy -c`` says nothing.
    """
    wanted = tuple(_wanted(forwards))
    _refuse_ambiguous(wanted)
    every = [each for listener in wanted for each in listener.binds]
    return tuple(
        Listener(
            name=listener.name,
            binds=tuple(rest for each in listener.binds for rest in _with_holes(each, every)),
            forward=listener.forward,
            target_port=listener.target_port,
        )
        for listener in wanted
    )


def target_ports(forwards: Iterable[Forward], target: str) -> tuple[PortRange, ...]:
    """The ports on which a target gets connections from the gateway: what it has to admit, and no more."""
    return merged(each for forward in forwards if forward.target == target for each in forward.target_ranges)


def _wanted(forwards: Iterable[Forward]) -> Iterator[Listener]:
    for forward in forwards:
        yield Listener(name=forward.name, binds=forward.ranges, forward=forward, target_port=forward.target_port)
        if forward.passive_range is not None:
            yield Listener(
                name=f"{forward.name}-passive", binds=(forward.passive_range,), forward=forward, target_port=None
            )


def _with_holes(whole: PortRange, every: Iterable[PortRange]) -> tuple[PortRange, ...]:
    parts: tuple[PortRange, ...] = (whole,)
    for hole in every:
        if whole.surrounds(hole):
            parts = tuple(rest for part in parts for rest in part.without(hole))
    return parts


def _refuse_ambiguous(wanted: tuple[Listener, ...]) -> None:
    names = [listener.name for listener in wanted]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"forwards must each have a name of their own, got {', '.join(repeated)} more than once")
    claims = [(each, listener) for listener in wanted for each in listener.binds]
    for (one, first), (other, second) in combinations(claims, 2):
        if not one.overlaps(other):
            continue
        if not (one.surrounds(other) or other.surrounds(one)):
            raise ValueError(f"forwards {first.name} and {second.name} both want ports of {one} and {other}")
        wider, narrower = (first, second) if one.surrounds(other) else (second, first)
        if wider.forward.passive_range in wider.binds and wider.forward.target != narrower.forward.target:
            raise ValueError(
                f"forward {narrower.name} must have ports outside {wider.forward.passive_ports}: the FTP server behind "
                f"{wider.name} may announce any of them, and its clients would end up at {narrower.forward.target}"
            )
