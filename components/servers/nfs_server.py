"""The file server with the media, statics, sitemaps and exports that a site's instances share."""

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


@dataclass(frozen=True, kw_only=True)
class NfsServerArgs:
    """The settings of the file server, and its clients."""

    placement: ServerPlacement
    server: FileServerSettings
    clients: Mapping[str, pulumi.Input[str]]
    """The security groups that may mount the shares, by name."""
    network_cidr: pulumi.Input[str]
    """The network of the clients."""


class NfsServer(pulumi.ComponentResource):
    """A ``Server`` that exports each share over NFS version 4. Each share has its own EBS volume.

    A new instance has the same address, volumes and exports. Mounts of the clients wait for it and then continue.
    """

    server: Server
    address: str
    """The name that clients mount from."""
    variables: Mapping[str, str]
    """The environment variables with which an instance of the site mounts the shares."""
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
                    DataVolume(
                        name=share.name,
                        size_gib=share.size_gib,
                        mount_point=share.directory,
                        snapshot_id=share.snapshot_id,
                    )
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
    """The packages, files and scripts of the file server. The scripts run when the volumes are mounted."""
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
