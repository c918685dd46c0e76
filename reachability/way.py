"""The way of traffic from one place to another: what it meets, one after another, and what each lets through."""

from __future__ import annotations

from dataclasses import dataclass

from reachability.traffic import EVERYTHING, Traffic


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One thing that the traffic meets: ``what`` it is, what it ``lets`` through and ``why``."""

    what: str
    why: str
    lets: Traffic


@dataclass(frozen=True)
class Way:
    """The hops in order, all of them: when nothing gets through, each that would have stopped it is told."""

    hops: tuple[Hop, ...] = ()

    @property
    def traffic(self) -> Traffic:
        """What gets all the way."""
        left = EVERYTHING
        for hop in self.hops:
            left &= hop.lets
        return left

    @property
    def openness(self) -> tuple[bool, int]:
        """By which ways compare: whether anything gets through, and how many hops let something through."""
        return bool(self.traffic), sum(1 for hop in self.hops if hop.lets)

    def met(self, what: str, why: str, lets: Traffic) -> Way:
        """The way with one more hop."""
        return Way((*self.hops, Hop(what=what, why=why, lets=lets)))
