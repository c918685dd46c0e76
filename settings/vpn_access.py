"""The OpenVPN server by which people reach the network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from pydantic import Field

from settings.messages import Fault
from settings.section import Section, at_least
from settings.server_size import ServerSizeSettings

# What OpenVPN takes for a subnet of clients ("--server", reference manual of 2.6).
_WIDEST, _NARROWEST = 16, 29


class VpnAccessSettings(Section):
    """The OpenVPN server."""

    size: ServerSizeSettings
    """The instance."""
    client_cidr: IPv4Network = IPv4Network("10.8.0.0/24")
    """The private network, /16 to /29, from which clients get their addresses."""
    allowed_cidrs: tuple[IPv4Network, ...] = Field(default=(IPv4Network("0.0.0.0/0"),), min_length=1)
    """The networks that may connect. Every client also needs a certificate."""
    reaches_remote_networks: bool = True
    """Whether clients also reach the networks behind the IPSec links."""
    keys_volume_gib: int = 1
    """The volume of the keys, in GiB."""

    def faults(self) -> Iterator[Fault]:
        if not self.client_cidr.is_private or not _WIDEST <= self.client_cidr.prefixlen <= _NARROWEST:
            yield Fault(
                path="client_cidr", got=self.client_cidr, expected=f"a private network of /{_WIDEST} to /{_NARROWEST}"
            )
        yield from at_least("keys_volume_gib", self.keys_volume_gib, 1)
