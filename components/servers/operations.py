"""The servers that people work through: VPN, gateway, Windows, Rundeck and phpMyAdmin, each where config has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from components.data.mysql_database import MySqlDatabase
from components.network.security_group import Admission
from components.servers.gateway_proxy import GatewayProxy, GatewayProxyArgs
from components.servers.open_vpn_server import OpenVpnServer, OpenVpnServerArgs
from components.servers.php_my_admin_server import PhpMyAdminServer, PhpMyAdminServerArgs
from components.servers.rundeck_server import RundeckServer, RundeckServerArgs
from components.servers.server import ServerPlacement
from components.servers.windows_server import WindowsServer, WindowsServerArgs
from settings.gateway import GatewaySettings
from settings.php_my_admin import PhpMyAdminSettings
from settings.rundeck import RundeckSettings
from settings.vpn_access import VpnAccessSettings
from settings.windows import HOST_NAME as WINDOWS
from settings.windows import WindowsSettings

_REMOTE_DESKTOP = 3389


@dataclass(frozen=True, kw_only=True)
class OperationsArgs:
    """``public`` and ``private`` are where servers live that are and are not reached from outside. ``remote_cidrs`` is
    what lies behind the IPSec links; ``databases`` is what phpMyAdmin may be given, by the names that config uses.

    Raises ``ValueError`` for a Windows server without a gateway, since FTP clients must be told the gateway's address.
    """

    public: ServerPlacement
    private: ServerPlacement
    network_cidr: IPv4Network
    remote_cidrs: tuple[IPv4Network, ...]
    vpn_access: VpnAccessSettings | None
    gateway: GatewaySettings | None
    windows: WindowsSettings | None
    rundeck: RundeckSettings | None
    php_my_admin: PhpMyAdminSettings | None
    databases: Mapping[str, MySqlDatabase]

    def __post_init__(self) -> None:
        if self.windows and not self.gateway:
            raise ValueError("windows: a gateway too, through which alone it is reached, got none")


class Operations(pulumi.ComponentResource):
    """Up to five servers in the network's first zone, and who of them may reach whom.

    The VPN's clients reach all of them; the gateway reaches what it forwards to; nothing else does.
    """

    vpn: OpenVpnServer | None = None
    gateway: GatewayProxy | None = None
    rundeck: RundeckServer | None = None
    instance_ids: dict[str, pulumi.Output[str]]
    """Of the servers that there are, by name."""

    def __init__(self, name: str, args: OperationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:index:Operations", name, {}, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.instance_ids = {}
        self._exports: dict[str, pulumi.Input[str] | None] = {}
        if args.vpn_access:
            self.vpn = OpenVpnServer(
                "vpn",
                OpenVpnServerArgs(
                    placement=args.public.for_system("vpn-access"),
                    access=args.vpn_access,
                    network_cidr=args.network_cidr,
                    remote_cidrs=args.remote_cidrs,
                ),
                opts=self._child,
            )
            self.instance_ids["vpn"] = self.vpn.instance_id
            self._exports["vpn_address"] = self.vpn.address
        if args.gateway:
            self.gateway = GatewayProxy(
                "gateway",
                GatewayProxyArgs(placement=args.public.for_system("gateway"), gateway=args.gateway),
                opts=self._child,
            )
            self.instance_ids["gateway"] = self.gateway.instance_id
            self._exports["gateway_address"] = self.gateway.address
        people = {"vpn": self.vpn.security_group_id} if self.vpn else {}
        if args.windows and self.gateway:
            self._windows(args.windows, self.gateway, people)
        if args.rundeck:
            self.rundeck = RundeckServer(
                "rundeck",
                RundeckServerArgs(placement=args.private.for_system("rundeck"), rundeck=args.rundeck, clients=people),
                opts=self._child,
            )
            self.instance_ids["rundeck"] = self.rundeck.instance_id
            self._exports |= {"rundeck_url": self.rundeck.url, "rundeck_admin_secret": self.rundeck.admin_secret_arn}
        if args.php_my_admin:
            self._php_my_admin(args.php_my_admin, people)
        self.register_outputs({"instance_ids": self.instance_ids})

    def export(self) -> None:
        """Outputs of the stack by which people find the servers that there are; of a password, the secret's ARN."""
        for name, value in self._exports.items():
            pulumi.export(name, value)

    def _windows(
        self, application: WindowsSettings, gateway: GatewayProxy, people: Mapping[str, pulumi.Output[str]]
    ) -> None:
        placement = self._args.private.for_system("windows")
        windows = WindowsServer(
            "windows",
            WindowsServerArgs(
                placement=placement,
                application=application,
                admits=(
                    *gateway.admissions_of(f"{WINDOWS}.{placement.internal_domain}"),
                    *(
                        Admission(
                            name=who,
                            port=_REMOTE_DESKTOP,
                            from_group=group_id,
                            reason=f"Remote Desktop from the {who}",
                        )
                        for who, group_id in people.items()
                    ),
                ),
                ftp_public_address=gateway.address,
            ),
            opts=self._child,
        )
        self.instance_ids["windows"] = windows.server.instance_id
        self._exports["windows_host"] = windows.server.host_name

    def _php_my_admin(self, php_my_admin: PhpMyAdminSettings, people: Mapping[str, pulumi.Output[str]]) -> None:
        server = PhpMyAdminServer(
            "phpmyadmin",
            PhpMyAdminServerArgs(
                placement=self._args.private.for_system("phpmyadmin"),
                php_my_admin=php_my_admin,
                clients=people,
                addresses={name: database.address for name, database in self._args.databases.items()},
            ),
            opts=self._child,
        )
        for name in php_my_admin.databases:
            self._args.databases[name].admit("phpmyadmin", server.security_group_id)
        self.instance_ids["phpmyadmin"] = server.instance_id
        self._exports["phpmyadmin_url"] = f"http://{server.host_name}"
