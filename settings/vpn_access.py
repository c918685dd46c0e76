"""The OpenVPN server by which people reach the network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated

from settings.messages import Fault
from settings.section import Section
from settings.server_size import ServerSizeSettings
from settings.values import Gib, Limit, Network, RoutedNetwork, SnapshotId, between, different, entries, is_private

# What OpenVPN takes for a subnet of clients ("--server", reference manual of 2.6).
_WIDEST, _NARROWEST = 16, 29
# The alarm on certificates that end comes 30 days before. Shorter ones would hardly be without it.
Days = Annotated[int, between(60, 7300)]


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
    authority_days: Days = 3650
    """How long the certificate authority is valid. It only matters at the first boot, and when you renew the authority:
    with another one, all users need new profiles."""
    server_certificate_days: Days = 825
    """How long the server's certificate is valid. The server renews it in the last third of this time."""
    user_certificate_days: Days = 825
    """How long a user's certificate is valid. It only matters for certificates that are made or renewed later."""
    revocation_list_days: Days = 365
    """How long a list of revoked certificates is valid. The server makes a new one each night; without a valid one, it
    lets nobody in."""
    keys_volume_gib: Gib = 1
    """The volume of the server's keys."""
    keys_snapshot_id: SnapshotId | None = None
    """The EBS snapshot from which that volume is made, such as `snap-0123456789abcdef0`. It only matters when the
    volume is made: for one that is there, it changes nothing."""

    def faults(self) -> Iterator[Fault]:
        for key in ("server_certificate_days", "user_certificate_days", "revocation_list_days"):
            if getattr(self, key) > self.authority_days:
                yield Fault(path=key, got=getattr(self, key), expected=f"at most {self.authority_days}, authority_days")
