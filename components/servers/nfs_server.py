"""The file server that a site's instances share their media, statics, sitemaps and exports on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.network.security_group import IngressRule
from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.server import DataVolume, Server, ServerArgs, ServerPlacement
from settings.file_server import FileServerSettings

PORT = 2049
_EXPORTS = "/etc/exports.d/shares.exports"
_SERVE = "/usr/local/sbin/serve-shares"
_MOST_ID = 65533


@dataclass(frozen=True, kw_only=True)
class NfsServerArgs:
    """``clients`` maps a name to the security group that may mount the shares: nobody else can. ``network_cidr`` is the
    network that they are in."""

    placement: ServerPlacement
    server: FileServerSettings
    clients: Mapping[str, pulumi.Input[str]]
    network_cidr: pulumi.Input[str]


class NfsServer(pulumi.ComponentResource):
    """A ``Server`` that exports each share by NFS version 4, from an EBS volume of its own.

    An instance made anew has the same address, volumes and exports: clients' mounts wait, and go on.
    """

    server: Server
    address: str
    """The name that clients mount from."""
    variables: Mapping[str, str]
    """What an instance of the site must know to mount the shares, as environment variables."""
    instance_id: pulumi.Output[str]

    def __init__(self, name: str, args: NfsServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shares = args.server.shares
        super().__init__("magento:servers:NfsServer", name, {"shares": [share.name for share in shares]}, opts)
        self.address = f"{args.server.host_name}.{args.placement.internal_domain}"
        self.server = Server(
            name,
            ServerArgs(
                placement=args.placement,
                size=args.server.size,
                ingress=tuple(
                    IngressRule(name=client, port=PORT, from_group=group_id, reason=f"NFS from {client}")
                    for client, group_id in args.clients.items()
                ),
                boot=pulumi.Output.from_input(args.network_cidr).apply(lambda cidr: boot(args.server, cidr)),
                volumes=tuple(
                    DataVolume(name=share.name, size_gib=share.size_gib, mount_point=share.directory)
                    for share in shares
                ),
                host_name=args.server.host_name,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.variables = {
            "MAGENTO_NFS_SERVER": self.address,
            "MAGENTO_NFS_SHARES": " ".join(f"{share.directory}:{share.path}" for share in shares),
        }
        self.instance_id = self.server.instance_id
        self.register_outputs({"address": self.address, "instance_id": self.instance_id})


def boot(server: FileServerSettings, network_cidr: str) -> CloudInit:
    """What the file server runs, once its volumes are mounted."""
    exports = server_files.render(
        "nfs_server/shares.exports.j2",
        directories=[share.directory for share in server.shares],
        network_cidr=network_cidr,
        owner_id=server.owner_id,
    )
    return CloudInit(
        packages=server_files.packages("nfs_server"),
        files=(
            BootFile(path=_EXPORTS, content=exports),
            BootFile(
                path="/etc/nfs.conf.d/version-4-only.conf",
                content=server_files.read("nfs_server/version_4_only.conf"),
            ),
            BootFile(path=_SERVE, content=server_files.read("nfs_server/serve_shares.sh"), mode="0755"),
        ),
        scripts=(_SERVE,),
    )
