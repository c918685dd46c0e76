"""The boots of the servers that tests start for real, as the stack makes them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network

from components.servers.cloud_init import CloudInit
from components.servers.gateway_proxy import boot as gateway
from components.servers.open_vpn_server import OpenVpnServerArgs
from components.servers.open_vpn_server import boot as openvpn
from components.servers.php_my_admin_server import boot as php_my_admin
from settings.forwards import ForwardSettings
from settings.server_size import ServerSizeSettings
from settings.vpn_access import VpnAccessSettings
from tests.unit.servers.placement import PLACEMENT

VPN_ADDRESS = "192.0.2.1"
VPN = OpenVpnServerArgs(
    placement=PLACEMENT,
    access=VpnAccessSettings(size=ServerSizeSettings(instance_type="t4g.small")),
    network_cidr=IPv4Network("10.0.0.0/16"),
    remote_cidrs=(IPv4Network("192.168.10.0/24"),),
)
BOOTS: Mapping[str, CloudInit] = {
    "gateway": gateway((ForwardSettings(name="windows-rdp", ports=(3389,), target="windows.internal-client.url"),)),
    "phpmyadmin": php_my_admin({"shared": "shared.c1.eu-west-3.rds.amazonaws.com"}),
    "openvpn": openvpn(VPN, address=VPN_ADDRESS),
}
"""By the folder of the server's files."""
