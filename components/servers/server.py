"""A single EC2 instance that can be replaced, because its data is on volumes outside of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from components.network.security_group import IngressRule, SecurityGroup, SecurityGroupArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.servers import boot_status
from components.servers.cloud_init import MOST_USER_DATA_BYTES, BootVolume, CloudInit, volume_table
from components.servers.data_volumes import DataVolume, DataVolumes
from components.servers.image import OperatingSystem, newest_image, own_image, warn_about
from components.servers.server_configuration import ServerConfiguration, may_read, parameter, parameter_name
from components.shared.arguments import refuse
from components.shared.context import Context
from components.shared.iam import document
from components.shared.instance_role import InstanceRole, InstanceRoleArgs, ManagedPolicy
from settings.messages import Words
from settings.server_size import ServerSizeSettings

_NAME_TTL_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class ServerPlacement:
    """The subnet of a server, and the DNS zone in which it gets a name."""

    context: Context
    vpc_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    availability_zone: str
    """The full name of the subnet's zone. The data volumes are in it too."""
    internal_zone_id: pulumi.Input[str]
    """The private zone of ``internal_domain``."""
    internal_domain: str

    @staticmethod
    def in_first_subnet(context: Context, shared: SharedPlatformOutputs, *, is_public: bool) -> ServerPlacement:
        """The first public or private subnet, where all single servers are.

        Raises ``ValueError`` when the stack does not know the internal domain, in which servers get their names.
        """
        if shared.internal_domain is None:
            refuse("internal_domain", expected="the zone in which servers get their names")
        subnet_ids = shared.public_subnet_ids if is_public else shared.private_subnet_ids
        return ServerPlacement(
            context=context,
            vpc_id=shared.vpc_id,
            subnet_id=pulumi.Output.from_input(subnet_ids).apply(lambda ids: ids[0]),
            availability_zone=shared.first_zone,
            internal_zone_id=shared.internal_zone_id,
            internal_domain=shared.internal_domain,
        )

    def for_system(self, system: str) -> ServerPlacement:
        """The same place, for a server of another system."""
        return replace(self, context=self.context.for_system(system))


@dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """A server with either ``boot`` or ``windows_boot``."""

    placement: ServerPlacement
    size: ServerSizeSettings
    ingress: tuple[IngressRule, ...]
    boot: pulumi.Input[CloudInit] | None = None
    """What a Linux server does when it boots."""
    configuration: pulumi.Input[ServerConfiguration] | None = None
    """What the server applies while it runs, for a boot that has a script for it."""
    windows_boot: pulumi.Input[str] | None = None
    """The PowerShell script that a Windows server runs at every boot. It finds ``$VolumeIds`` set."""
    volumes: tuple[DataVolume, ...] = ()
    volumes_may_change: bool = False
    """Whether volumes come and go while the server runs. Their table is then a file of its configuration, whose script
    mounts them, and not of its user data."""
    host_name: str | None = None
    """The first part of its name in the internal domain."""
    public_address: pulumi.Input[str] | None = None
    """The allocation id of an Elastic IP."""
    statements: tuple[Mapping[str, Any], ...] = ()
    """IAM statements of what the server may do in AWS, besides Session Manager and reporting its boot status."""

    def __post_init__(self) -> None:
        if (self.boot is None) == (self.windows_boot is None):
            got = Words("neither") if self.boot is None else Words("both")
            refuse("server", got=got, expected="boot for Linux or windows_boot for Windows")
        if self.volumes_may_change and self.configuration is None:
            refuse("volumes_may_change", expected="a configuration, whose script mounts the volumes")
        for volume in self.volumes:
            if (self.boot is None) == volume.mount_point.startswith("/"):
                expected = "a directory on Linux, and nothing on Windows"
                refuse(f"volume {volume.name}.mount_point", got=volume.mount_point, expected=expected)


class Server(pulumi.ComponentResource):
    """An EC2 instance with its own security group, role, network interface and encrypted data volumes.

    People reach it by Session Manager, other servers by its ingress rules. If asked for, it gets a name in the internal
    zone and a public address. The addresses and the security group belong to the network interface, so a new instance
    has the same addresses and the same data, and clients that mounted a directory of it continue.

    What may change while it runs is in a parameter of Systems Manager, which only this server's role reads. User data
    holds the rest, of which a change needs a new instance.
    """

    instance_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    private_ip: pulumi.Output[str]
    role: aws.iam.Role
    log_group: pulumi.Output[str]
    """The group of CloudWatch Logs that the server may write to."""
    host_name: str | None
    """The full name in the internal domain."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:servers:Server",
            name,
            {"instance_type": args.size.instance_type, "volumes": [volume.name for volume in args.volumes]},
            opts,
        )
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._system = OperatingSystem.DEBIAN if args.boot is not None else OperatingSystem.WINDOWS
        self._tags = args.placement.context.tags.named(name)

        group = SecurityGroup(
            f"{name}-access",
            SecurityGroupArgs(
                vpc_id=args.placement.vpc_id,
                description=f"What reaches the server {args.placement.context.tags.shown(name)}",
                ingress=args.ingress,
                open_egress=True,
                context=args.placement.context,
            ),
            opts=self._child,
        )
        self.security_group_id = group.id
        role = InstanceRole(
            name,
            InstanceRoleArgs(policies=(ManagedPolicy.SESSION_MANAGER,), context=args.placement.context),
            opts=self._child,
        )
        self.role = role.role
        logs = self._log_group()
        self.log_group = logs.name
        volumes = DataVolumes(
            name,
            args.volumes,
            availability_zone=args.placement.availability_zone,
            context=args.placement.context,
            parent=self,
        )
        self._parameter = None
        if args.configuration is not None:
            given = pulumi.Output.from_input(args.configuration)
            if args.volumes_may_change:
                given = pulumi.Output.all(given, volumes.mounted).apply(lambda known: _with_table(*known))
            self._parameter = parameter(name, given, args.placement.context, opts=self._child)
        interface = aws.ec2.NetworkInterface(
            f"{name}-interface",
            subnet_id=args.placement.subnet_id,
            security_groups=[group.id],
            description=f"The address of the server {args.placement.context.tags.shown(name)}",
            tags=self._tags,
            opts=self._child,
        )
        self.private_ip = interface.private_ip
        before_boot: list[pulumi.Resource] = [self._rights(logs), role]
        if self._parameter is not None:
            before_boot.append(self._parameter)
        if args.public_address is not None:
            before_boot.append(
                aws.ec2.EipAssociation(
                    f"{name}-public-address",
                    allocation_id=args.public_address,
                    network_interface_id=interface.id,
                    opts=self._child,
                )
            )
        instance = self._instance(role, interface, volumes, after=before_boot)
        self.instance_id = instance.id
        volumes.attach_to(instance.id, self._system)
        self.host_name = self._named(args.host_name) if args.host_name else None
        self.register_outputs(
            {
                "instance_id": self.instance_id,
                "security_group_id": self.security_group_id,
                "private_ip": self.private_ip,
            }
        )

    @property
    def _log_group_name(self) -> str:
        """A fixed name, which the server's user data contains, and under which people look for its logs."""
        tags = self._args.placement.context.tags
        return f"/{tags.owner}/{tags.shown(self._name)}"

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=self._log_group_name,
            retention_in_days=self._args.size.log_retention_days,
            kms_key_id=self._args.placement.context.key_arn,
            tags=self._args.placement.context.tags.named(f"{self._name}-logs"),
            opts=self._child,
        )

    def _rights(self, logs: aws.cloudwatch.LogGroup) -> aws.iam.RolePolicy:
        context = self._args.placement.context
        report = boot_status.may_report(context.region)
        parameters = [self._parameter.arn] if self._parameter else []

        def policy(known: dict[str, Any]) -> str:
            own = (each for arn in known["parameters"] for each in may_read(arn, known["key"]))
            return document(*report, _may_write(known["logs"]), *own, *known["statements"])

        return aws.iam.RolePolicy(
            f"{self._name}-rights",
            role=self.role.name,
            policy=pulumi.Output.all(
                statements=list(self._args.statements), logs=logs.arn, parameters=parameters, key=context.key_arn
            ).apply(policy),
            opts=self._child,
        )

    def _instance(
        self,
        role: InstanceRole,
        interface: aws.ec2.NetworkInterface,
        volumes: DataVolumes,
        *,
        after: list[pulumi.Resource],
    ) -> aws.ec2.Instance:
        name, size, placement = f"{self._name}-instance", self._args.size, self._args.placement
        image: pulumi.Input[str]
        image = own_image(name, size.ami) if size.ami else newest_image(self._system, size)
        instance = aws.ec2.Instance(
            name,
            ami=image,
            instance_type=size.instance_type,
            iam_instance_profile=role.profile_name,
            primary_network_interface=aws.ec2.InstancePrimaryNetworkInterfaceArgs(network_interface_id=interface.id),
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                volume_type="gp3",
                volume_size=size.root_volume_gib,
                encrypted=True,
                kms_key_id=placement.context.key_arn,
                tags=self._tags,
            ),
            # In base64 for both systems: Linux's is compressed, and only one of the two forms may be set.
            user_data_base64=self._user_data(volumes),
            user_data_replace_on_change=True,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # The interface can be attached to one instance at a time.
                delete_before_replace=True,
                # A newer official image does not replace a server. Another `ami` in the stack file does. A server that
                # is replaced for any reason starts from the image above: for a new instance, the engine takes the
                # program's values, not those that it has kept in the state.
                ignore_changes=[] if size.ami else ["ami"],
                # The boot needs the role to report its status, and in a public subnet an address for the internet.
                depends_on=after,
            ),
        )
        warn_about(instance, image)
        return instance

    def _user_data(self, volumes: DataVolumes) -> pulumi.Output[str]:
        if self._args.windows_boot is not None:
            return pulumi.Output.all(script=self._args.windows_boot, ids=volumes.ids).apply(
                lambda known: _for_windows(**known)
            )

        def for_linux(boot: CloudInit, mounted: tuple[BootVolume, ...]) -> str:
            return replace(
                boot,
                volumes=mounted,
                updates_at=self._args.size.updates_at,
                restarts_for_updates=self._args.size.restarts_for_updates,
                log_group=self._log_group_name,
                parameter=parameter_name(self._name, self._args.placement.context) if self._parameter else "",
            ).user_data()

        mounted = pulumi.Output.from_input(()) if self._args.volumes_may_change else volumes.mounted
        return pulumi.Output.all(boot=self._args.boot, mounted=mounted).apply(lambda known: for_linux(**known))

    def _named(self, host_name: str) -> str:
        placement = self._args.placement
        full_name = f"{host_name}.{placement.internal_domain}"
        aws.route53.Record(
            f"{self._name}-{host_name}",
            zone_id=placement.internal_zone_id,
            name=full_name,
            type="A",
            ttl=_NAME_TTL_SECONDS,
            records=[self.private_ip],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return full_name


def _with_table(given: ServerConfiguration, mounted: tuple[BootVolume, ...]) -> ServerConfiguration:
    """The configuration, with the table of the volumes among its files."""
    return replace(given, files=(*given.files, volume_table(mounted)))


def _may_write(log_group_arn: str) -> dict[str, object]:
    """The IAM statement that lets a server write to its log group, and neither read nor delete what is there."""
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:*",
    }


def _for_windows(script: str, ids: Mapping[str, str]) -> str:
    """User data with a PowerShell script, which EC2Launch runs at every boot.

    ``$VolumeIds`` holds the volumes' ids by their names. Raises ``ValueError`` when the user data is too large:
    EC2Launch does not take compressed data.
    """
    table = "; ".join(f"'{name}' = '{id}'" for name, id in ids.items())
    # Without `persist`, user data runs at the first boot only ("How Amazon EC2 handles user data").
    document = f"<powershell>\n$VolumeIds = @{{ {table} }}\n{script}\n</powershell>\n<persist>true</persist>\n".encode()
    if len(document) > MOST_USER_DATA_BYTES:
        expected = f"at most {MOST_USER_DATA_BYTES} bytes"
        refuse("user data", got=Words(f"{len(document)} bytes"), expected=expected)
    return base64.b64encode(document).decode()
