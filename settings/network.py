"""The network of a stack: one of its own, or the one of another stack."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Discriminator, Tag

from settings.log_retention import LogRetentionDays
from settings.section import Section
from settings.values import DomainName, Limit, Network, different, entries, is_private, like

# Load balancers and RDS need subnets in two zones ("Availability Zones for your Application Load Balancer").
Zones = Annotated[
    tuple[Annotated[str, like("[a-z]", "the letter of an availability zone, such as a")], ...],
    entries(2),
    different("zone"),
]
# AWS takes no VPC larger than a /16 ("VPC CIDR blocks"), and a /18 has no 101st /24.
VpcCidr = Annotated[
    Network,
    Limit(
        expected="a private network of /16 or /17, such as 10.0.0.0/16",
        holds=lambda network: is_private(network) and network.prefixlen in (16, 17),
    ),
]


class NatGateways(StrEnum):
    """How private subnets reach the internet. Without it, no instance could install anything or speak with AWS."""

    ONE_PER_ZONE = "one-per-zone"
    """If a zone fails, the other zones still reach the internet."""
    SINGLE = "single"


class OwnNetworkSettings(Section):
    """A network of its own: a VPC that this stack makes, and that other stacks may join."""

    cidr: VpcCidr
    """The address range of the VPC. Public subnets are its /24 number 1, 2, 3; private ones 101, 102,
    103."""
    zones: Zones = ("a", "b", "c")
    """The letters of the availability zones. Each zone gets a public and a private subnet."""
    nat_gateways: NatGateways = NatGateways.ONE_PER_ZONE
    """How private subnets reach the internet. With `single`, a fault in one zone takes the internet from all. Each
    NAT gateway costs about 35 USD a month before traffic."""
    flow_log_retention_days: LogRetentionDays = 90
    """How long the flow logs, a record of all connections, are kept."""


class JoinedNetworkSettings(Section):
    """The network of another stack, with the zones, certificate and buckets that belong to it. Bring that stack up
    first."""

    stack: Annotated[str, like("[A-Za-z0-9_.-]{1,100}", "the name of a stack, such as prod")]
    """The name of the stack whose network this one joins, such as `prod`."""
    internal_domain: DomainName | None = None
    """The `domains.internal` of that stack. A stack with a `file_server` needs it."""
    zones: Zones = ("a", "b", "c")
    """The letters of that network's availability zones."""


OWN, JOINED = "own", "joined"


def _kind(network: object) -> str | None:
    """Which of the two a stack file means; ``None`` if it has both keys that tell them apart, or neither."""
    if isinstance(network, dict):
        if ("cidr" in network) == ("stack" in network):
            return None
        return JOINED if "stack" in network else OWN
    return JOINED if isinstance(network, JoinedNetworkSettings) else OWN


NetworkSettings = Annotated[
    Annotated[OwnNetworkSettings, Tag(OWN)] | Annotated[JoinedNetworkSettings, Tag(JOINED)],
    Discriminator(
        _kind,
        custom_error_type="kind_of_network",
        custom_error_message="either cidr, for a network of its own, or stack, for the network of that stack",
    ),
]
"""The two kinds of network, told apart by the key `stack`."""
