"""The boots of the servers that tests start for real, as the stack makes them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from components.servers.cloud_init import CloudInit
from components.servers.gateway_proxy import boot as gateway
from components.servers.gateway_proxy import configuration as forwards
from components.servers.open_vpn_server import OpenVpnServerArgs
from components.servers.open_vpn_server import boot as openvpn
from components.servers.open_vpn_server import configuration as routes
from components.servers.php_my_admin_server import boot as php_my_admin
from components.servers.php_my_admin_server import configuration as databases
from components.servers.server_configuration import ServerConfiguration
from settings.forwards import ForwardSettings
from settings.server_size import ServerSizeSettings
from settings.vpn_access import VpnAccessSettings
from tests.servers.debian_machine import Machine, boot
from tests.unit.servers.placement import PLACEMENT

PARAMETER = "/servers/client-prod/server/configuration"
VPN_ADDRESS = "192.0.2.1"
VPN = OpenVpnServerArgs(
    placement=PLACEMENT,
    access=VpnAccessSettings(size=ServerSizeSettings(instance_type="t4g.small")),
    network_cidr=IPv4Network("10.0.0.0/16"),
    remote_cidrs=(IPv4Network("192.168.10.0/24"),),
)
BOOTS: Mapping[str, CloudInit] = {
    "gateway": replace(gateway(), parameter=PARAMETER),
    "phpmyadmin": replace(php_my_admin(), parameter=PARAMETER),
    "openvpn": replace(openvpn(VPN, address=VPN_ADDRESS), parameter=PARAMETER),
}
"""By the folder of the server's files."""
CONFIGURATIONS: Mapping[str, ServerConfiguration] = {
    "gateway": forwards((ForwardSettings(name="windows-rdp", ports=(3389,), target="windows.internal-client.url"),)),
    "openvpn": routes(VPN),
    "phpmyadmin": databases({"shared": "shared.c1.eu-west-3.rds.amazonaws.com"}),
}
"""What those of them apply while they run that have something to apply."""


def boot_server(directory: Path, lower: tuple[Path, ...], server: str) -> AbstractContextManager[Machine]:
    """One of them on top of the systems ``lower``, with its configuration if it has one."""
    return boot(directory, lower, BOOTS[server].render(), CONFIGURATIONS.get(server))
