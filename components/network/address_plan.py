"""Which addresses the network gives to which subnet: row 17's plan, as arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

PUBLIC_FIRST = 1
PRIVATE_FIRST = 101
_WIDEST, _NARROWEST = 16, 17


@dataclass(frozen=True, kw_only=True)
class SubnetAddresses:
    """One availability zone's two subnets. ``zone`` is the zone's full name, such as ``eu-west-3a``."""

    zone: str
    public: IPv4Network
    private: IPv4Network

    @property
    def letter(self) -> str:
        return self.zone[-1]


def plan(cidr: IPv4Network, zones: tuple[str, ...]) -> tuple[SubnetAddresses, ...]:
    """The /24 number 1, 2, 3 … of ``cidr`` for public subnets and 101, 102, 103 … for private: one of each a zone.

    Raises ``ValueError`` when ``cidr`` cannot hold the plan: AWS takes no VPC larger than a /16 ("VPC CIDR blocks"),
    and the private subnets begin at the 101st /24, which a /18 no longer has.
    """
    if not _WIDEST <= cidr.prefixlen <= _NARROWEST:
        raise ValueError(
            f"a network of /{_WIDEST} or /{_NARROWEST} (its 101st /24 is the first private subnet), got {cidr}"
        )
    blocks = tuple(cidr.subnets(new_prefix=24))
    return tuple(
        SubnetAddresses(zone=zone, public=blocks[PUBLIC_FIRST + index], private=blocks[PRIVATE_FIRST + index])
        for index, zone in enumerate(zones)
    )
