"""The Windows server for the client's application, with its disks, ports and FTP service set up."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

import pulumi
import pulumi_aws as aws

from components.network.security_group import IngressRule
from components.servers import boot_status, server_files
from components.servers.cloud_init import BootFile
from components.servers.data_volumes import DataVolume
from components.servers.server import Server, ServerArgs, ServerPlacement
from components.servers.server_configuration import ServerConfiguration, parameter_name
from components.servers.windows_logs import WindowsLogs, WindowsLogsArgs
from settings.ports import PortRange, merged
from settings.windows import HOST_NAME, WindowsSettings

_SCRIPTS = (
    "apply_configuration.ps1",
    "initialize_volumes.ps1",
    "open_firewall.ps1",
    "publish_boot_status.ps1",
    "publish_usage.ps1",
    "set_ftp_passive.ps1",
)


@dataclass(frozen=True, kw_only=True)
class WindowsServerArgs:
    """The settings of the application's server, and how it is reached."""

    placement: ServerPlacement
    application: WindowsSettings
    ingress: tuple[IngressRule, ...]
    """The ingress rules of the security group. Windows' firewall opens the same ports."""
    ftp_public_address: pulumi.Input[str]
    """The address that FTP clients connect to: the gateway's Elastic IP."""


class WindowsServer(pulumi.ComponentResource):
    """A ``Server`` with Windows, whose data volumes have fixed letters and whose IIS serves FTP through the gateway.

    People install the application by hand, on the data volumes. Patch Manager installs Microsoft's updates. AWS's
    agent sends the logs to CloudWatch Logs.
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
                    lambda address: boot_script(
                        args.application, parameter_name(name, args.placement.context), IPv4Address(address)
                    )
                ),
                configuration=configuration(args.ingress),
                volumes=tuple(
                    DataVolume(name=volume.name, size_gib=volume.size_gib, snapshot_id=volume.snapshot_id)
                    for volume in args.application.volumes
                ),
                host_name=HOST_NAME,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._updates(name, args)
        logs_args = WindowsLogsArgs(
            context=args.placement.context, instance_id=self.server.instance_id, log_group=self.server.log_group
        )
        WindowsLogs(f"{name}-event-logs", logs_args, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"instance_id": self.server.instance_id})

    def _updates(self, name: str, args: WindowsServerArgs) -> None:
        """Patch Manager installs what AWS's own baseline approves, each day at the time of the stack file."""
        size, tags = args.application.size, args.placement.context.tags
        hour, minute = map(int, size.updates_at.split(":"))
        aws.ssm.Association(
            f"{name}-updates",
            name="AWS-RunPatchBaseline",
            association_name=f"{tags.owner}-{tags.shown(name)}-updates",
            schedule_expression=f"cron({minute} {hour} ? * * *)",
            # Not also at once when it is made, or when the time changes.
            apply_only_at_cron_interval=True,
            parameters={
                "Operation": "Install",
                "RebootOption": "RebootIfNeeded" if size.restarts_for_updates else "NoReboot",
            },
            targets=[aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[self.server.instance_id])],
            tags=tags.named(f"{name}-updates"),
            opts=pulumi.ResourceOptions(parent=self),
        )


def configuration(ingress: tuple[IngressRule, ...]) -> ServerConfiguration:
    """The ports that a running server's firewall opens, one or a range a line."""
    ports = merged(
        PortRange(first=each.port, last=each.to_port or each.port) for each in ingress if each.protocol == "tcp"
    )
    return ServerConfiguration(files=(BootFile(path="ports", content="".join(f"{each}\n" for each in ports)),))


def boot_script(application: WindowsSettings, parameter: str, public_address: IPv4Address) -> str:
    """The PowerShell script of each boot. It finds the volumes' ids by their names in ``$VolumeIds``."""
    return server_files.render(
        "windows/boot.ps1.j2",
        scripts={name: server_files.read(f"windows/{name}") for name in _SCRIPTS},
        status_tag=boot_status.TAG,
        drive_letters="; ".join(f"'{volume.name}' = '{volume.drive_letter}'" for volume in application.volumes),
        parameter=parameter,
        public_address=public_address,
        first_port=application.ftp_passive_range.first,
        last_port=application.ftp_passive_range.last,
    )
