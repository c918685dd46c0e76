"""A path from one place to another: the components that traffic passes in order, and what each of them allows."""

from __future__ import annotations

from dataclasses import dataclass

from reachability.traffic import EVERYTHING, Traffic


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One component of a path, such as a security group: what it ``allows``, with an explanation."""

    component: str
    explanation: str
    allows: Traffic


@dataclass(frozen=True)
class NetworkPath:
    """All hops in order. When nothing gets through, every hop that blocks is among them."""

    hops: tuple[Hop, ...] = ()

    @property
    def traffic(self) -> Traffic:
        """What all hops allow."""
        left = EVERYTHING
        for hop in self.hops:
            left &= hop.allows
        return left

    @property
    def openness(self) -> tuple[bool, int]:
        """For comparing paths: whether anything gets through, and how many hops allow something."""
        return bool(self.traffic), sum(1 for hop in self.hops if hop.allows)

    def through(self, component: str, explanation: str, allows: Traffic) -> NetworkPath:
        """The path with one more hop."""
        return NetworkPath((*self.hops, Hop(component=component, explanation=explanation, allows=allows)))
