"""An IPSec link from the network to one of the client's sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from settings.vpn_link import VpnLinkSettings

# By default, AWS also accepts weaker algorithms and AES-128 ("Tunnel options for your Site-to-Site VPN connection").
# RFC 8247 advises against the Diffie-Hellman groups below 14 and from 22 to 24.
_ENCRYPTION = ("AES256", "AES256-GCM-16")
_INTEGRITY = ("SHA2-256", "SHA2-384", "SHA2-512")
_DH_GROUPS = tuple(range(14, 22))
_TUNNEL: Mapping[str, Any] = {
    "ike_versions": ("ikev2",),
    **{f"phase{number}_encryption_algorithms": _ENCRYPTION for number in (1, 2)},
    **{f"phase{number}_integrity_algorithms": _INTEGRITY for number in (1, 2)},
    **{f"phase{number}_dh_group_numbers": _DH_GROUPS for number in (1, 2)},
    # AWS opens the tunnels, and opens them again. By default they stay down until the client's device sends something.
    "startup_action": "start",
    "dpd_timeout_action": "restart",
}


@dataclass(frozen=True, kw_only=True)
class VpnLinkArgs:
    """The settings of the link, and the gateway that it starts from."""

    context: Context
    link: VpnLinkSettings
    gateway_id: pulumi.Input[str]
    """The network's VPN gateway."""


@dataclass(frozen=True, kw_only=True)
class VpnTunnels:
    """A VPN connection, and the public addresses of its tunnels at AWS's end."""

    connection_id: pulumi.Input[str]
    tunnel_addresses: tuple[pulumi.Input[str], ...]


class VpnLink(pulumi.ComponentResource):
    """A site-to-site VPN with static routes and two tunnels.

    AWS keeps the tunnels up. They accept only IKEv2 and strong algorithms. Produces the customer gateway, the
    connection and a route for each remote network.
    """

    tunnels: VpnTunnels
    configuration: pulumi.Output[str]
    """AWS's generic configuration for the client's device. It contains the pre-shared keys, so it is a secret."""

    def __init__(self, name: str, args: VpnLinkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        link = args.link
        super().__init__("magento:network:VpnLink", name, {"peer_address": str(link.peer_address)}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = {**args.context.tags.named(f"vpn-{link.name}"), "Reason": link.reason}
        peer = aws.ec2.CustomerGateway(
            f"{name}-peer",
            type="ipsec.1",
            ip_address=str(link.peer_address),
            bgp_asn=str(link.bgp_asn),
            tags=tags,
            opts=child,
        )
        connection = aws.ec2.VpnConnection(
            f"{name}-connection",
            type="ipsec.1",
            customer_gateway_id=peer.id,
            vpn_gateway_id=args.gateway_id,
            static_routes_only=True,
            tags=tags,
            # Both are alike, because AWS takes down one at a time for maintenance.
            **{f"tunnel{number}_{option}": value for number in (1, 2) for option, value in _TUNNEL.items()},
            opts=child,
        )
        for remote in link.remote_cidrs:
            aws.ec2.VpnConnectionRoute(
                f"{name}-to-{str(remote).replace('/', '-')}",
                vpn_connection_id=connection.id,
                destination_cidr_block=str(remote),
                opts=child,
            )
        self.tunnels = VpnTunnels(
            connection_id=connection.id, tunnel_addresses=(connection.tunnel1_address, connection.tunnel2_address)
        )
        self.configuration = pulumi.Output.secret(connection.customer_gateway_configuration)
        self.register_outputs({"connection_id": connection.id})
