"""The IPSec links to the client's places."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from settings.section import Section
from settings.text import ShortName


class VpnLinkSettings(Section):
    """One site-to-site VPN link."""

    name: ShortName
    """The name of the link."""
    peer_address: IPv4Address
    """The public address of the client's VPN device."""
    remote_cidrs: tuple[IPv4Network, ...] = Field(min_length=1)
    """The networks behind the device. They must not overlap this network or those of another link."""
    reason: str = Field(min_length=1)
    """What the link is for. It becomes a tag."""
    bgp_asn: int = 65000
    """The BGP number of the device. Links with static routes do not use it."""
