"""Sets of traffic: protocols, and the ports or ICMP types of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PORTS = 1 << 16
_NUMBERS = 1 << 8
# How many values each kind has: ports, ICMP types, and for all other protocols their numbers.
_SIZES = {"tcp": _PORTS, "udp": _PORTS, "icmp": _NUMBERS, "icmpv6": _NUMBERS, "protocol": _NUMBERS}
_OFFSETS = {kind: sum(list(_SIZES.values())[:index]) for index, kind in enumerate(_SIZES)}
_BY_NUMBER = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_ALL_PROTOCOLS = "-1"
_EVERY = -1
# Where clients listen for answers: "Control subnet traffic with network access control lists", ephemeral ports.
_EPHEMERAL = (1024, _PORTS - 1)


@dataclass(frozen=True, repr=False)
class Traffic:
    """A set of traffic, with union ``|``, intersection ``&``, difference ``-`` and emptiness.

    ICMP is distinguished by type, not by code: a rule for one code of a type counts for the whole type.
    """

    bits: int = 0
    """A bit for each port of TCP and of UDP, type of ICMP and number of another protocol."""

    @staticmethod
    def of(protocol: str, first: int | None = None, last: int | None = None) -> Traffic:
        """From the fields of an EC2 rule: protocol ``-1`` is every protocol; a missing port, or -1, is every port."""
        if protocol == _ALL_PROTOCOLS:
            return EVERYTHING
        kind = _BY_NUMBER.get(protocol, protocol)
        if kind not in _SIZES:
            return _span("protocol", int(kind), int(kind))
        if first is None or first == _EVERY:
            return _span(kind, 0, _SIZES[kind] - 1)
        if kind in ("tcp", "udp"):
            return _span(kind, first, first if last is None else last)
        # The "ports" of an ICMP rule are its type and its code.
        return _span(kind, first, first)

    def __or__(self, other: Traffic) -> Traffic:
        return Traffic(self.bits | other.bits)

    def __and__(self, other: Traffic) -> Traffic:
        return Traffic(self.bits & other.bits)

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(self.bits & ~other.bits)

    def __bool__(self) -> bool:
        return self.bits != 0

    def answered_by(self, answers: Traffic) -> Traffic:
        """The part of this traffic whose answers are allowed too, where filtering is stateless.

        For TCP and UDP it is enough that answers to some ephemeral port are allowed; for ICMP, answers of any type.
        """
        kept = self & answers & _whole("protocol")
        for kind in ("tcp", "udp"):
            if answers & _span(kind, *_EPHEMERAL):
                kept |= self & _whole(kind)
        for kind in ("icmp", "icmpv6"):
            if answers & _whole(kind):
                kept |= self & _whole(kind)
        return kept

    @property
    def ranges(self) -> tuple[str, ...]:
        """As text, always in the same order: ``tcp 443``, ``udp 1-1024``, ``icmp``; or ``all``."""
        return _ranges(self.bits)

    def __str__(self) -> str:
        return ", ".join(self.ranges) or "nothing"

    def __repr__(self) -> str:
        return f"<Traffic: {self}>"


def _span(kind: str, first: int, last: int) -> Traffic:
    return Traffic(((1 << (last - first + 1)) - 1) << (_OFFSETS[kind] + first))


def _whole(kind: str) -> Traffic:
    return _span(kind, 0, _SIZES[kind] - 1)


# Few different sets occur, each of them often.
@lru_cache(maxsize=1024)
def _ranges(bits: int) -> tuple[str, ...]:
    if bits == EVERYTHING.bits:
        return ("all",)
    return tuple(text for kind in _SIZES for text in _of_kind(kind, bits))


def _of_kind(kind: str, bits: int) -> list[str]:
    own = bits >> _OFFSETS[kind] & ((1 << _SIZES[kind]) - 1)
    if own == (1 << _SIZES[kind]) - 1:
        return [kind]
    # The lowest bit first, so that a position in the text is a port.
    runs = re.finditer("1+", f"{own:b}"[::-1])
    return [f"{kind} {_numbers(run.start(), run.end() - 1)}" for run in runs]


def _numbers(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


EVERYTHING = Traffic((1 << sum(_SIZES.values())) - 1)
NOTHING = Traffic()
