"""The addresses of each subnet, calculated from the network's range."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

PUBLIC_FIRST = 1
PRIVATE_FIRST = 101


@dataclass(frozen=True, kw_only=True)
class SubnetAddresses:
    """One availability zone's two subnets. ``zone`` is the zone's full name, such as ``eu-west-3a``."""

    zone: str
    public: IPv4Network
    private: IPv4Network

    @property
    def letter(self) -> str:
        """The last letter of the zone, such as ``a``."""
        return self.zone[-1]


def plan(cidr: IPv4Network, zones: tuple[str, ...]) -> tuple[SubnetAddresses, ...]:
    """A public and a private /24 of ``cidr`` for each zone: number 1, 2, 3 … are public, 101, 102, 103 … private.

    ``cidr`` is a /16 or /17, as ``OwnNetworkSettings`` checks.
    """
    blocks = tuple(cidr.subnets(new_prefix=24))
    return tuple(
        SubnetAddresses(zone=zone, public=blocks[PUBLIC_FIRST + index], private=blocks[PRIVATE_FIRST + index])
        for index, zone in enumerate(zones)
    )
