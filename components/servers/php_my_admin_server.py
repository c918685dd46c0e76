"""The phpMyAdmin server, which shows databases in the browser to people on the VPN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.data.mysql_database import PORT as MYSQL_PORT
from components.network.security_group import IngressRule
from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.server import Server, ServerArgs, ServerPlacement
from components.servers.server_configuration import ServerConfiguration
from components.shared.php_array import PhpValue, php_file
from settings.php_my_admin import HOST_NAME, PhpMyAdminSettings

PORT = 80
_CERTIFICATES = "/etc/ssl/rds-global-bundle.pem"
_FETCH = "/usr/local/sbin/fetch_rds_certificates.sh"
_START = "/usr/local/sbin/start_phpmyadmin.sh"
_APPLY = "/usr/local/sbin/apply_databases.sh"


@dataclass(frozen=True, kw_only=True)
class PhpMyAdminServerArgs:
    """The settings of phpMyAdmin, its clients and the databases."""

    placement: ServerPlacement
    php_my_admin: PhpMyAdminSettings
    clients: Mapping[str, pulumi.Input[str]]
    """The security groups that may open it, by name."""
    addresses: Mapping[str, pulumi.Input[str]]
    """The host names of the stack's databases, by the names that the settings choose from."""


class PhpMyAdminServer(pulumi.ComponentResource):
    """phpMyAdmin behind nginx, at ``phpmyadmin.`` and the internal domain. People log in as a user of the database.

    Produces a ``Server`` that takes HTTP only from its clients. The connections to databases are encrypted, and the
    databases' certificates are checked. Each chosen database needs an ingress rule from ``security_group_id``.
    """

    host_name: str | None
    instance_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: PhpMyAdminServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        chosen = args.php_my_admin.databases
        super().__init__("magento:servers:PhpMyAdminServer", name, {"databases": list(chosen)}, opts)
        addresses = {database: args.addresses[database] for database in chosen}
        server = Server(
            f"{name}-server",
            ServerArgs(
                placement=args.placement,
                size=args.php_my_admin.size,
                ingress=tuple(
                    IngressRule(name=client, port=PORT, from_group=group_id, reason=f"phpMyAdmin from {client}")
                    for client, group_id in args.clients.items()
                ),
                boot=boot(),
                configuration=pulumi.Output.all(**addresses).apply(configuration),
                host_name=HOST_NAME,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.host_name = server.host_name
        self.instance_id = server.instance_id
        self.security_group_id = server.security_group_id
        self.register_outputs({"host_name": self.host_name, "instance_id": self.instance_id})


def boot() -> CloudInit:
    """The packages, files and scripts of the server, whatever databases it offers."""
    return CloudInit(
        # One of them is dbconfig-no-thanks. Without it, phpMyAdmin asks for a database for its own settings.
        packages=server_files.packages("phpmyadmin"),
        services=server_files.services("phpmyadmin"),
        log_files=("/var/log/nginx/access.log", "/var/log/nginx/error.log"),
        files=(
            BootFile(path="/etc/phpmyadmin/conf.d/platform.php", content=server_files.read("phpmyadmin/platform.php")),
            BootFile(path="/etc/phpmyadmin/php.ini", content=server_files.read("phpmyadmin/php.ini")),
            BootFile(path="/etc/nginx/conf.d/phpmyadmin.conf", content=server_files.read("phpmyadmin/site.conf")),
            BootFile(path=_FETCH, content=server_files.read("phpmyadmin/fetch_rds_certificates.sh"), mode="0700"),
            BootFile(path=_START, content=server_files.read("phpmyadmin/start_phpmyadmin.sh"), mode="0700"),
            BootFile(path=_APPLY, content=server_files.read("phpmyadmin/apply_databases.sh"), mode="0700"),
        ),
        scripts=(_FETCH, _START),
        apply=_APPLY,
    )


def configuration(addresses: Mapping[str, str]) -> ServerConfiguration:
    """The databases that a running server offers. ``addresses`` are their host names, by name."""
    return ServerConfiguration(files=(BootFile(path="/etc/phpmyadmin/databases.php", content=_databases(addresses)),))


def _databases(addresses: Mapping[str, str]) -> str:
    """phpMyAdmin's list of servers, numbered from 1 ("Configuration", ``$cfg['Servers']``)."""
    servers: dict[str, PhpValue] = {
        str(number): {
            "verbose": name,
            "host": address,
            "port": str(MYSQL_PORT),
            "auth_type": "cookie",
            "ssl": True,
            "ssl_ca": _CERTIFICATES,
            "ssl_verify": True,
        }
        for number, (name, address) in enumerate(addresses.items(), start=1)
    }
    return php_file(servers)
