"""The sections that only a stack with a network of its own has."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from settings.bucket import BucketSettings
from settings.certificate import CertificateSettings
from settings.cost_report import CostReportSettings
from settings.domains import DomainsSettings
from settings.network import OwnNetworkSettings
from settings.session_manager import SessionManagerSettings
from settings.vpn_link import VpnLinkSettings


@dataclass(frozen=True, kw_only=True)
class SharedPlatformSettings:
    """What a stack file says of what the sites of one VPC share. ``zones`` are full names (``eu-west-3a``)."""

    network: OwnNetworkSettings
    zones: tuple[str, ...]
    vpn_links: tuple[VpnLinkSettings, ...]
    domains: DomainsSettings
    certificate: CertificateSettings
    buckets: tuple[BucketSettings, ...]
    cost_report: CostReportSettings | None
    session_manager: SessionManagerSettings | None

    @property
    def remote_cidrs(self) -> tuple[IPv4Network, ...]:
        """The networks behind the IPSec links."""
        return tuple(cidr for link in self.vpn_links for cidr in link.remote_cidrs)
