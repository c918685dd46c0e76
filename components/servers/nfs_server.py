"""The file server with the media, statics, sitemaps and exports that a site's instances share."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pulumi

from components.network.security_group import IngressRule
from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.data_volumes import DataVolume
from components.servers.server import Server, ServerArgs, ServerPlacement
from components.servers.server_configuration import ServerConfiguration
from settings.file_server import LOCKS, FileServerSettings

PORT = 2049
_EXPORTS = "/etc/exports.d/shares.exports"
_APPLY = "/usr/local/sbin/apply_shares.sh"
_SERVE = "/usr/local/sbin/serve-shares"
_DAEMONS = ("nfs-mountd.service", "nfsdcld.service")
"""What the kernel's server asks. It is called active without them: it has no process that could end."""
_LOCKS_VOLUME = DataVolume(name=LOCKS, size_gib=1, mount_point="/var/lib/nfs/nfsdcld", device="/dev/sdf")
"""Remembers which clients have files open or locked, through a replacement of the server. It is a volume of its own,
because those of the shares come and go, and clients see all that is on them. A gibibyte is the least that EBS has."""
_DEVICES = tuple(f"/dev/xvd{first}{second}" for first in "bc" for second in "abcdefghijklmnopqrstuvwx")
"""Names that EC2 takes and that no other volume has ("Device names for volumes on Amazon EC2 instances")."""


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
    """A ``Server`` that exports each share over NFS version 4. Each share has its own EBS volume, and so have the
    clients' locks.

    A new instance has the same address, volumes and exports. Mounts of the clients wait for it and then continue, with
    the files that they have open and the locks that they hold. A share that is added, or no longer exported, does not
    need one.
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
                boot=boot(),
                configuration=pulumi.Output.from_input(args.network_cidr).apply(
                    lambda cidr: configuration(args.server, cidr)
                ),
                volumes=(_LOCKS_VOLUME, *_share_volumes(args.server)),
                volumes_may_change=True,
                host_name=args.server.host_name,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        exported = " ".join(f"{share.directory}:{share.path}" for share in args.server.exported)
        # An environment of Beanstalk has no property without a value.
        self.variables = {"MAGENTO_NFS_SERVER": self.address, "MAGENTO_NFS_SHARES": exported} if exported else {}
        self.instance_id = self.server.instance_id
        self.register_outputs({"address": self.address, "instance_id": self.instance_id})


def _share_volumes(server: FileServerSettings) -> Iterator[DataVolume]:
    for share, device in zip(server.shares, devices(share.name for share in server.shares), strict=True):
        yield DataVolume(
            name=share.name,
            size_gib=share.size_gib,
            mount_point=share.directory,
            snapshot_id=share.snapshot_id,
            device=device,
            is_mounted=share.exported,
        )


def devices(shares: Iterable[str]) -> list[str]:
    """The device name of each share's volume.

    It follows from the share's name, not from its place in the list, so that one which comes or goes moves no other.
    Where two would have the same, the later one gets the next.
    """
    chosen: list[str] = []
    for share in shares:
        first = binascii.crc32(share.encode()) % len(_DEVICES)
        chosen.append(next(each for each in (*_DEVICES[first:], *_DEVICES[:first]) if each not in chosen))
    return chosen


def boot() -> CloudInit:
    """The packages, files and scripts of the file server, whatever it shares."""
    return CloudInit(
        packages=server_files.packages("nfs_server"),
        services=(*server_files.services("nfs_server"), *_DAEMONS),
        files=(
            BootFile(path="/etc/nfs.conf.d/platform.conf", content=server_files.read("nfs_server/nfs.conf")),
            BootFile(
                path="/etc/systemd/system/nfs-server.service.d/shares.conf",
                content=server_files.read("nfs_server/service.conf"),
            ),
            BootFile(
                path="/etc/systemd/system/nfs-mountd.service.d/shares.conf",
                content=server_files.read("nfs_server/mountd.conf"),
            ),
            BootFile(
                path="/etc/systemd/system/nfsdcld.service.d/shares.conf",
                content=server_files.read("nfs_server/clients.conf"),
            ),
            BootFile(path=_APPLY, content=server_files.read("nfs_server/apply_shares.sh"), mode="0700"),
            BootFile(path=_SERVE, content=server_files.read("nfs_server/serve_shares.sh"), mode="0755"),
        ),
        scripts=(_SERVE,),
        apply=_APPLY,
    )


def configuration(server: FileServerSettings, network_cidr: str) -> ServerConfiguration:
    """The exports, which a running server takes over without a cut."""
    exports = server_files.render(
        "nfs_server/shares.exports.j2",
        directories=[share.directory for share in server.exported],
        network_cidr=network_cidr,
        owner_id=server.owner_id,
    )
    return ServerConfiguration(files=(BootFile(path=_EXPORTS, content=exports),))
