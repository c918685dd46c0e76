"""The network of a stack: one of its own, or the one of another stack."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag

from settings.messages import Fault, FaultsError
from settings.section import Section, repeated
from settings.text import DomainName, ZoneLetter

_FEWEST_ZONES = 2
"""Load balancers and RDS want subnets in two ("Availability Zones for your Application Load Balancer")."""
_WIDEST, _NARROWEST = 16, 17


class NatGateways(StrEnum):
    """How private subnets reach the internet. A NAT gateway costs about 35 USD a month before traffic."""

    ONE_PER_ZONE = "one-per-zone"
    """If a zone fails, the other zones still reach the internet."""
    SINGLE = "single"
    NONE = "none"


class OwnNetworkSettings(Section):
    """A VPC that this stack makes, and that other stacks may join."""

    cidr: IPv4Network
    """The private address range of the VPC, a /16 or /17. Public subnets are its /24 number 1, 2, 3; private ones 101,
    102, 103."""
    zones: tuple[ZoneLetter, ...] = Field(default=("a", "b", "c"), min_length=_FEWEST_ZONES)
    """The letters of the availability zones. Each zone gets a public and a private subnet."""
    nat_gateways: NatGateways = NatGateways.ONE_PER_ZONE
    """How many NAT gateways there are. Each costs about 35 USD a month before traffic."""
    flow_log_retention_days: int = 90
    """How many days the record of all connections is kept."""

    def faults(self) -> Iterator[Fault]:
        # AWS takes no VPC larger than a /16 ("VPC CIDR blocks"), and a /18 has no 101st /24.
        if not _WIDEST <= self.cidr.prefixlen <= _NARROWEST:
            yield Fault(path="cidr", got=self.cidr, expected="a network of /16 or /17")
        if not self.cidr.is_private:
            yield Fault(
                path="cidr",
                got=self.cidr,
                expected="a private network (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)",
            )
        if found := repeated(self.zones):
            yield Fault(path="zones", got=found, expected="each zone once")


class JoinedNetworkSettings(Section):
    """The VPC of another stack, with the zones, certificate and buckets that belong to it."""

    stack: str = Field(min_length=1)
    """The name of the stack whose network this one joins."""
    internal_domain: DomainName | None = None
    """The internal domain of that network. A stack with a `file_server` needs it."""
    zones: tuple[ZoneLetter, ...] = Field(default=("a", "b", "c"), min_length=_FEWEST_ZONES)
    """The letters of that network's availability zones."""


def _kind(network: object) -> str:
    """Which of the two a stack file means: `stack` names the network that it joins."""
    if isinstance(network, dict):
        return JOINED if "stack" in network else OWN
    return JOINED if isinstance(network, JoinedNetworkSettings) else OWN


def _is_one_of_two(network: object) -> object:
    if isinstance(network, dict) and ("cidr" in network) == ("stack" in network):
        got = "both" if "cidr" in network else "neither"
        raise FaultsError(
            [
                Fault(
                    path="", got=got, expected="cidr (a network of its own) or stack (the stack whose network it joins)"
                )
            ]
        )
    return network


OWN, JOINED = "own", "joined"
NetworkSettings = Annotated[
    Annotated[OwnNetworkSettings, Tag(OWN)] | Annotated[JoinedNetworkSettings, Tag(JOINED)],
    Discriminator(_kind),
    BeforeValidator(_is_one_of_two),
]
"""The two kinds of network, told apart by the key `stack`."""
