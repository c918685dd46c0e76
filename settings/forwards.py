"""What the gateway forwards, and the listeners that follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from itertools import combinations
from typing import Annotated

from settings.messages import Fault, FaultsError, Words
from settings.ports import PassivePorts, Port, PortRange, Ports, merged
from settings.section import Section, repeated
from settings.values import Limit, entries, is_routed, like

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_NOT_YOURS = (".amazonaws.com", ".aws", ".internal", ".localhost", ".localdomain", ".local")
"""Names of AWS's services, databases among them, of EC2's own DNS with the metadata service, and of the machine
itself."""
SSH = PortRange.of(22)


def _is_an_address(target: str) -> bool:
    try:
        IPv4Address(target)
    except AddressValueError:
        return False
    return True


class ForwardSettings(Section):
    """Ports of the gateway that lead to the same ports of a target."""

    name: Annotated[str, like(r"[a-z][a-z0-9-]*", "lower-case letters, digits and hyphens, a letter first")]
    """The name of the forward, such as `windows-rdp`. It is the section's name in HAProxy's log."""
    ports: Annotated[tuple[Ports, ...], entries(1)]
    """The ports that are forwarded, such as `[21]` or `[8700-8800]`. For FTP, the control port."""
    passive_ports: PassivePorts | None = None
    """The ports that an FTP server announces for its data connections. Without it, the forward is not for FTP."""
    target: Annotated[
        str,
        Limit(
            expected="an IPv4 address or a full host name in lower case",
            holds=lambda target: _is_an_address(target) or _HOST_NAME.fullmatch(target) is not None,
        ),
        Limit(
            expected="an address of another machine: not loopback, link-local, multicast or reserved",
            holds=lambda target: not _is_an_address(target) or is_routed(IPv4Network(target)),
        ),
        Limit(
            expected=f"a host of yours, whose name does not end in {', '.join(_NOT_YOURS)}",
            holds=lambda target: not f".{target}".endswith(_NOT_YOURS),
        ),
    ]
    """The target, such as `windows.internal-client.url`. HAProxy resolves a name again every 10 s. It may be neither
    a database nor another service of AWS, nor the gateway itself."""
    target_port: Port | None = None
    """Another port at the target, if `ports` is a single port. Without it, the same port."""
    check_port: Port | None = None
    """The port of the target that HAProxy checks to see that the target is up. Without it, the first of its ports."""

    def faults(self) -> Iterator[Fault]:
        if self.target_port is not None and sum(map(len, self.ranges)) > 1:
            yield Fault(
                path="target_port", got=self.target_port, expected="no target_port, since ports is not a single port"
            )
        for path, ranges in (("ports", self.ranges), ("target_port", self.target_ranges)):
            if found := [str(each) for each in ranges if each.overlaps(SSH)]:
                yield Fault(
                    path=path,
                    got=found,
                    expected="ports without 22",
                    fix="People reach SSH through the VPN or Session Manager, and the gateway has its own SSH there.",
                )
                break
        if found := [str(one) for one, other in combinations(self.ranges, 2) if one == other]:
            yield Fault(path="ports", got=found, expected="each port once")

    @property
    def ranges(self) -> tuple[PortRange, ...]:
        return tuple(PortRange.of(each) for each in self.ports)

    @property
    def passive_range(self) -> PortRange | None:
        return None if self.passive_ports is None else PortRange.of(self.passive_ports)

    @property
    def target_ranges(self) -> tuple[PortRange, ...]:
        """The ports of the target that get connections, with the port of the check."""
        at_target = self.ranges if self.target_port is None else (PortRange.of(self.target_port),)
        passive = () if self.passive_range is None else (self.passive_range,)
        return (*at_target, *passive, PortRange.of(self.checked_port))

    @property
    def checked_port(self) -> int:
        choices = (self.check_port, self.target_port, self.ranges[0].first)
        return next(port for port in choices if port is not None)

    @property
    def target_is_an_address(self) -> bool:
        return _is_an_address(self.target)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Ports that the gateway binds for one forward. No other listener has any of them."""

    name: str
    binds: tuple[PortRange, ...]
    forward: ForwardSettings
    target_port: int | None
    """None keeps the port that the client connected to."""


def listeners(forwards: Iterable[ForwardSettings]) -> tuple[Listener, ...]:
    """Who gets each port: where one range surrounds another, the narrower gets its ports and the wider one the rest.

    Raises ``FaultsError`` where it is not clear who gets a port: two ranges that cross each other, or are the same.
    Linux would let a process bind a port twice and share connections out at random, and ``haproxy -c`` says nothing.
    """
    wanted = tuple(_wanted(forwards))
    if ambiguous := tuple(_ambiguous(wanted)):
        raise FaultsError(ambiguous)
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


def ambiguous_forwards(forwards: Iterable[ForwardSettings]) -> Iterator[Fault]:
    """Every pair of forwards that claim the same ports or the same name."""
    yield from _ambiguous(tuple(_wanted(forwards)))


def target_ports(forwards: Iterable[ForwardSettings], target: str) -> tuple[PortRange, ...]:
    """The ports on which a target gets connections from the gateway: its security group opens these and no others."""
    return merged(each for forward in forwards if forward.target == target for each in forward.target_ranges)


def _wanted(forwards: Iterable[ForwardSettings]) -> Iterator[Listener]:
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


def _ambiguous(wanted: tuple[Listener, ...]) -> Iterator[Fault]:
    if names := repeated(listener.name for listener in wanted):
        yield Fault(path="forwards", got=names, expected="each name once")
    claims = [(each, listener) for listener in wanted for each in listener.binds]
    for (one, first), (other, second) in combinations(claims, 2):
        if not one.overlaps(other):
            continue
        if not (one.surrounds(other) or other.surrounds(one)):
            yield Fault(
                path="forwards",
                got=Words(f"{first.name} {one} and {second.name} {other}"),
                expected="ranges that do not overlap, or one inside the other",
            )
            continue
        wider, narrower = (first, second) if one.surrounds(other) else (second, first)
        if wider.forward.passive_range in wider.binds and wider.forward.target != narrower.forward.target:
            inside = other if narrower is second else one
            yield Fault(
                path="forwards",
                got=Words(f"{narrower.name} {inside} within passive_ports of {wider.forward.name}"),
                expected=f"ports outside of {wider.forward.passive_ports}",
                fix=f"The FTP server may announce any of them, and its clients would reach {narrower.forward.target}.",
            )
