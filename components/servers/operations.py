"""The servers that people work with: VPN, gateway, Windows, Rundeck and phpMyAdmin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from components.data.mysql_database import MySqlDatabase
from components.network.security_group import IngressRule
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.servers.gateway_proxy import GatewayProxy, GatewayProxyArgs
from components.servers.open_vpn_server import OpenVpnServer, OpenVpnServerArgs
from components.servers.php_my_admin_server import PhpMyAdminServer, PhpMyAdminServerArgs
from components.servers.rundeck_server import RundeckServer, RundeckServerArgs
from components.servers.server import ServerPlacement
from components.servers.windows_server import WindowsServer, WindowsServerArgs
from components.shared.arguments import refuse
from components.shared.context import Context
from settings.operations import OperationsSettings
from settings.php_my_admin import PhpMyAdminSettings
from settings.windows import HOST_NAME as WINDOWS
from settings.windows import NEEDS_GATEWAY, WindowsSettings

VPN = "vpn"
"""The OpenVPN server's name."""
_REMOTE_DESKTOP = 3389


@dataclass(frozen=True, kw_only=True)
class OperationsArgs:
    """The settings of the servers, and what they reach.

    Raises ``ValueError`` for a Windows server without a gateway: its FTP service announces the gateway's address.
    """

    context: Context
    shared: SharedPlatformOutputs
    servers: OperationsSettings
    network_cidr: IPv4Network
    remote_cidrs: tuple[IPv4Network, ...] = ()
    """The networks behind the IPSec links."""
    databases: Mapping[str, MySqlDatabase]
    """The databases that phpMyAdmin may use, by their names in the stack file."""
    refreshed: tuple[str, ...] = ()
    """The environments that Rundeck's job may refresh from this stack."""

    def __post_init__(self) -> None:
        if self.servers.windows and not self.servers.gateway:
            refuse("gateway", expected=NEEDS_GATEWAY)


class Operations(pulumi.ComponentResource):
    """Up to five servers in the network's first zone: those that have a section in the stack file.

    The VPN's clients reach Windows, Rundeck and phpMyAdmin. The gateway reaches the targets of its forwards.
    """

    vpn: OpenVpnServer | None = None
    gateway: GatewayProxy | None = None
    windows: WindowsServer | None = None
    rundeck: RundeckServer | None = None
    php_my_admin: PhpMyAdminServer | None = None
    instance_ids: dict[str, pulumi.Output[str]]
    """The ids of the instances, by the servers' names."""

    def __init__(self, name: str, args: OperationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:servers:Operations", name, {}, opts)
        self._name, self._args = name, args
        servers = args.servers
        self._context = args.context.inside(name)
        self._child = pulumi.ResourceOptions(parent=self)
        self.instance_ids = {}
        if servers.vpn_access:
            self.vpn = OpenVpnServer(
                f"{name}-vpn",
                OpenVpnServerArgs(
                    placement=self._placement("vpn-access", is_public=True),
                    access=servers.vpn_access,
                    network_cidr=args.network_cidr,
                    remote_cidrs=args.remote_cidrs,
                ),
                opts=self._child,
            )
            self.instance_ids[VPN] = self.vpn.instance_id
        people = {"vpn": self.vpn.security_group_id} if self.vpn else {}
        if servers.gateway:
            self.gateway = GatewayProxy(
                f"{name}-gateway",
                GatewayProxyArgs(placement=self._placement("gateway", is_public=True), gateway=servers.gateway),
                opts=self._child,
            )
            self.instance_ids["gateway"] = self.gateway.instance_id
            if servers.windows:
                self.windows = self._windows(servers.windows, self.gateway, people)
                self.instance_ids["windows"] = self.windows.server.instance_id
        if servers.rundeck:
            self.rundeck = RundeckServer(
                f"{name}-rundeck",
                RundeckServerArgs(
                    placement=self._placement("rundeck", is_public=False),
                    rundeck=servers.rundeck,
                    clients=people,
                    releases_bucket=args.shared.releases_bucket,
                    refreshed=args.refreshed,
                ),
                opts=self._child,
            )
            self.instance_ids["rundeck"] = self.rundeck.instance_id
        if servers.php_my_admin:
            self.php_my_admin = self._php_my_admin(servers.php_my_admin, people)
            self.instance_ids["phpmyadmin"] = self.php_my_admin.instance_id
        self.register_outputs({"instance_ids": self.instance_ids})

    def _placement(self, system: str, *, is_public: bool) -> ServerPlacement:
        return ServerPlacement.in_first_subnet(self._context.for_system(system), self._args.shared, is_public=is_public)

    def _windows(
        self, windows: WindowsSettings, gateway: GatewayProxy, people: Mapping[str, pulumi.Output[str]]
    ) -> WindowsServer:
        placement = self._placement("windows", is_public=False)
        remote_desktop = (
            IngressRule(name=who, port=_REMOTE_DESKTOP, from_group=group_id, reason=f"Remote Desktop from the {who}")
            for who, group_id in people.items()
        )
        return WindowsServer(
            f"{self._name}-windows",
            WindowsServerArgs(
                placement=placement,
                application=windows,
                ingress=(*gateway.ingress_to(f"{WINDOWS}.{placement.internal_domain}"), *remote_desktop),
                ftp_public_address=gateway.address,
            ),
            opts=self._child,
        )

    def _php_my_admin(
        self, php_my_admin: PhpMyAdminSettings, people: Mapping[str, pulumi.Output[str]]
    ) -> PhpMyAdminServer:
        server = PhpMyAdminServer(
            f"{self._name}-phpmyadmin",
            PhpMyAdminServerArgs(
                placement=self._placement("phpmyadmin", is_public=False),
                php_my_admin=php_my_admin,
                clients=people,
                addresses={name: database.address for name, database in self._args.databases.items()},
            ),
            opts=self._child,
        )
        for name in php_my_admin.databases:
            self._args.databases[name].allow_from("phpmyadmin", server.security_group_id)
        return server
