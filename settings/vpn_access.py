"""The OpenVPN server by which people reach the network."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from settings.section import Section
from settings.server_size import ServerSizeSettings
from settings.values import Gib, Limit, Network, RoutedNetwork, SnapshotId, different, entries, is_private

# What OpenVPN takes for a subnet of clients ("--server", reference manual of 2.6).
_WIDEST, _NARROWEST = 16, 29


class VpnAccessSettings(Section):
    """The OpenVPN server."""

    size: ServerSizeSettings
    """The instance."""
    client_cidr: Annotated[
        Network,
        Limit(
            expected=f"a private network of /{_WIDEST} to /{_NARROWEST}, such as 10.8.0.0/24",
            holds=lambda network: is_private(network) and _WIDEST <= network.prefixlen <= _NARROWEST,
        ),
    ] = IPv4Network("10.8.0.0/24")
    """The network from which clients get their addresses. It must not overlap the stack's network or one behind a VPN
    link."""
    allowed_cidrs: Annotated[tuple[RoutedNetwork, ...], entries(1), different("network")] = (IPv4Network("0.0.0.0/0"),)
    """The networks that may connect. The default is every address; a client also needs a certificate."""
    reaches_remote_networks: bool = True
    """Whether clients also reach the networks behind the VPN links."""
    keys_volume_gib: Gib = 1
    """The volume of the server's keys."""
    keys_snapshot_id: SnapshotId | None = None
    """The EBS snapshot from which that volume is made, such as `snap-0123456789abcdef0`. It only matters when the
    volume is made: for one that is there, it changes nothing."""
