"""The site-to-site VPN links to the client's offices and partners."""

from __future__ import annotations

from typing import Annotated

from settings.section import Section
from settings.values import PublicAddress, RoutedNetwork, ShortName, Text, between, different, entries

RESERVED_NUMBERS = {7224: None, 9059: "eu-west-1", 10124: "ap-northeast-1", 17943: "ap-southeast-1"}
"""BGP numbers that AWS keeps for itself, in all regions or in one ("Customer gateway options for your AWS Site-to-Site
VPN connection")."""


class VpnLinkSettings(Section):
    """A site-to-site VPN link (IPSec), such as to an office."""

    name: ShortName
    """The name of the link, such as `lan`."""
    peer_address: PublicAddress
    """The public address of the VPN device at the other end."""
    remote_cidrs: Annotated[tuple[RoutedNetwork, ...], entries(1), different("network")]
    """The networks behind the device. They must not overlap the stack's network or those of another link."""
    reason: Text
    """What the link is for, such as `The client's offices`. It becomes a tag."""
    bgp_asn: Annotated[int, between(1, 2_147_483_647)] = 65000
    """The BGP number of the device. The links have static routes, which do not use it."""
