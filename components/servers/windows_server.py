"""The Windows server for the client's own application: its disks, its ports and its FTP service prepared."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

import pulumi

from components.network.security_group import IngressRule
from components.servers import boot_status, server_files
from components.servers.server import DataVolume, Server, ServerArgs, ServerPlacement
from settings.ports import PortRange, merged
from settings.windows import HOST_NAME, WindowsSettings

_SCRIPTS = ("initialize_volumes.ps1", "open_firewall.ps1", "set_ftp_passive.ps1")
_LOWEST_IIS_PORT = 1025


@dataclass(frozen=True, kw_only=True)
class WindowsServerArgs:
    """``admits`` are who reaches which port, in the security group and in Windows' own firewall alike;
    ``ftp_public_address`` is where FTP clients connect: the gateway's Elastic IP."""

    placement: ServerPlacement
    application: WindowsSettings
    ingress: tuple[IngressRule, ...]
    ftp_public_address: pulumi.Input[str]


class WindowsServer(pulumi.ComponentResource):
    """A Windows server whose data volumes come up at their letters, reached by whom ``admits`` names and by Session
    Manager, with IIS's FTP service made for the gateway. The application itself is installed by hand, on the volumes.
    """

    server: Server

    def __init__(self, name: str, args: WindowsServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:servers:WindowsServer", name, {}, opts)
        self.server = Server(
            name,
            ServerArgs(
                placement=args.placement,
                size=args.application.size,
                ingress=args.ingress,
                windows_boot=pulumi.Output.from_input(args.ftp_public_address).apply(
                    lambda address: boot_script(args.application, args.ingress, IPv4Address(address))
                ),
                volumes=tuple(
                    DataVolume(name=volume.name, size_gib=volume.size_gib) for volume in args.application.volumes
                ),
                host_name=HOST_NAME,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"instance_id": self.server.instance_id})


def boot_script(application: WindowsSettings, ingress: tuple[IngressRule, ...], public_address: IPv4Address) -> str:
    """The PowerShell that the server boots with; it finds ``$VolumeIds``, the volumes' ids by their names, set."""
    ports = merged(
        PortRange(first=each.port, last=each.to_port or each.port) for each in ingress if each.protocol == "tcp"
    )
    return server_files.render(
        "windows/boot.ps1.j2",
        scripts={name: server_files.read(f"windows/{name}") for name in _SCRIPTS},
        status_tag=boot_status.TAG,
        drive_letters="; ".join(f"'{volume.name}' = '{volume.drive_letter}'" for volume in application.volumes),
        ports=", ".join(f"'{each}'" for each in ports),
        public_address=public_address,
        first_port=application.ftp_passive_range.first,
        last_port=application.ftp_passive_range.last,
    )
