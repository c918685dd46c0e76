"""The IPsec tunnels of a VPN connection, and the configuration file for the customer gateway."""

from __future__ import annotations

import secrets
import string
from ipaddress import IPv4Network
from typing import Any
from xml.etree import ElementTree

RENAMED = {
    "DPDTimeoutSeconds": "DpdTimeoutSeconds",
    "DPDTimeoutAction": "DpdTimeoutAction",
    "IKEVersions": "IkeVersions",
}
"""Members that the answer spells differently from the request."""

KEY_ALPHABET = string.ascii_letters + string.digits + "._"


def tunnel_settings(asked: dict[str, Any]) -> dict[str, Any]:
    """A request's tunnel options as the API answers them."""
    return {RENAMED.get(name, name): value for name, value in asked.items()}


def new_tunnel(asked: dict[str, Any]) -> dict[str, Any]:
    """A tunnel. AWS chooses its outside address, and the inside network and the key if the request does not."""
    number = secrets.randbelow(1 << 14)
    return {
        "OutsideIpAddress": f"13.36.{number % 254 + 1}.{secrets.randbelow(254) + 1}",
        "TunnelInsideCidr": f"169.254.{number % 200 + 8}.{secrets.randbelow(64) * 4}/30",
        "PreSharedKey": "".join(secrets.choice(KEY_ALPHABET) for _ in range(32)),
        **tunnel_settings(asked),
    }


def configuration(connection: Any, customer_gateway: Any, aws_asn: int) -> str:
    """AWS's generic configuration file, with the addresses and the key of each tunnel."""
    root = ElementTree.Element("vpn_connection", id=connection.id)
    _fill(
        root,
        {
            "customer_gateway_id": connection.customer_gateway_id,
            "vpn_gateway_id": connection.vpn_gateway_id or "",
            "vpn_connection_type": connection.type,
        },
    )
    if connection.options["StaticRoutesOnly"]:
        _fill(root, {"vpn_connection_attributes": "NoBGPVPNConnection"})
    for tunnel in connection.options["TunnelOptions"]:
        element = ElementTree.SubElement(root, "ipsec_tunnel")
        aws_side, customer_side = IPv4Network(tunnel["TunnelInsideCidr"]).hosts()
        bgp = not connection.options["StaticRoutesOnly"]
        _fill(
            element,
            {
                "customer_gateway": _end(
                    customer_gateway.ip_address, str(customer_side), customer_gateway.bgp_asn if bgp else None
                ),
                "vpn_gateway": _end(tunnel["OutsideIpAddress"], str(aws_side), aws_asn if bgp else None),
                "ike": {
                    "authentication_protocol": "sha1",
                    "encryption_protocol": "aes-128-cbc",
                    "lifetime": tunnel.get("Phase1LifetimeSeconds", 28800),
                    "perfect_forward_secrecy": "group2",
                    "mode": "main",
                    "pre_shared_key": tunnel["PreSharedKey"],
                },
                "ipsec": {
                    "protocol": "esp",
                    "authentication_protocol": "hmac-sha1-96",
                    "encryption_protocol": "aes-128-cbc",
                    "lifetime": tunnel.get("Phase2LifetimeSeconds", 3600),
                    "perfect_forward_secrecy": "group2",
                    "mode": "tunnel",
                    "clear_df_bit": "true",
                    "fragmentation_before_encryption": "true",
                    "tcp_mss_adjustment": 1379,
                    "dead_peer_detection": {"interval": 10, "retries": 3},
                },
            },
        )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _end(outside: str, inside: str, asn: int | str | None) -> dict[str, Any]:
    """One end of a tunnel. A connection with static routes has no ASN."""
    end: dict[str, Any] = {
        "tunnel_outside_address": {"ip_address": outside},
        "tunnel_inside_address": {"ip_address": inside, "network_mask": "255.255.255.252", "network_cidr": 30},
    }
    if asn is not None:
        end["bgp"] = {"asn": asn, "hold_time": 30}
    return end


def _fill(parent: ElementTree.Element, members: dict[str, Any]) -> None:
    for name, value in members.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, dict):
            _fill(child, value)
        else:
            child.text = str(value)
