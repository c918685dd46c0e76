"""A single EC2 instance that can be thrown away and made anew: what it keeps lies outside it."""

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
from components.servers.cloud_init import MOST_USER_DATA_BYTES, BootVolume, CloudInit
from components.servers.image import OperatingSystem, newest_image
from components.shared.context import Context
from components.shared.iam import document
from components.shared.instance_role import InstanceRole, InstanceRoleArgs, ManagedPolicy
from settings.messages import Words, refuse
from settings.server_size import VOLUME_LETTERS, ServerSizeSettings

_NAME_TTL_SECONDS = 60
_SMALLEST_ROOT_GIB = 8


@dataclass(frozen=True, kw_only=True)
class DataVolume:
    """A disk that outlives the instance. Linux mounts it at ``mount_point``; Windows gives it a letter."""

    name: str
    size_gib: int
    mount_point: str = ""


@dataclass(frozen=True, kw_only=True)
class ServerPlacement:
    """Where a server lives. ``internal_zone_id`` is the private zone of ``internal_domain``; ``protect`` keeps the data
    volumes from being deleted."""

    context: Context
    vpc_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    availability_zone: str
    internal_zone_id: pulumi.Input[str]
    internal_domain: str

    @staticmethod
    def in_first_subnet(context: Context, shared: SharedPlatformOutputs, *, is_public: bool) -> ServerPlacement:
        """The first public or private subnet: what needs no high availability lives there.

        Raises ``ValueError`` when the stack does not know the internal domain, in which servers have their names.
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
    """``boot`` is what a Linux server does when it starts; ``windows_boot`` is the PowerShell that a Windows one runs,
    with ``$VolumeIds`` set. ``host_name`` becomes a name in the internal domain, and ``public_address`` is the
    allocation id of an Elastic IP. ``statements`` are what the server may do in AWS besides Session Manager."""

    placement: ServerPlacement
    size: ServerSizeSettings
    ingress: tuple[IngressRule, ...]
    boot: pulumi.Input[CloudInit] | None = None
    windows_boot: pulumi.Input[str] | None = None
    volumes: tuple[DataVolume, ...] = ()
    host_name: str | None = None
    public_address: pulumi.Input[str] | None = None
    statements: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if (self.boot is None) == (self.windows_boot is None):
            got = Words("neither") if self.boot is None else Words("both")
            refuse("server", got=got, expected="boot for Linux or windows_boot for Windows")
        for volume in self.volumes:
            if (self.boot is None) == volume.mount_point.startswith("/"):
                expected = "a directory on Linux, and nothing on Windows"
                refuse(f"volume {volume.name}.mount_point", got=volume.mount_point, expected=expected)


class Server(pulumi.ComponentResource):
    """An EC2 instance reached by Session Manager and by what its security group admits.

    Produces the security group, the role, a network interface, encrypted data volumes, the instance, their attachments,
    and as asked a name in the internal zone and the association of a public address. The interface holds the private
    address, the group and the public address: an instance made anew comes back at the same addresses, with the same
    data, and what had mounted a directory of it goes on.
    """

    instance_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    private_ip: pulumi.Output[str]
    role: aws.iam.Role
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
        interface = aws.ec2.NetworkInterface(
            f"{name}-interface",
            subnet_id=args.placement.subnet_id,
            security_groups=[group.id],
            description=f"The address of the server {args.placement.context.tags.shown(name)}",
            tags=self._tags,
            opts=self._child,
        )
        self.private_ip = interface.private_ip
        before_boot: list[pulumi.Resource] = [self._rights(), role]
        if args.public_address is not None:
            before_boot.append(
                aws.ec2.EipAssociation(
                    f"{name}-public-address",
                    allocation_id=args.public_address,
                    network_interface_id=interface.id,
                    opts=self._child,
                )
            )
        volumes = {volume.name: self._volume(volume) for volume in args.volumes}
        instance = self._instance(role, interface, volumes, after=before_boot)
        self.instance_id = instance.id
        for letter, (label, volume) in zip(VOLUME_LETTERS, volumes.items(), strict=False):
            aws.ec2.VolumeAttachment(
                f"{name}-{label}-attachment",
                device_name=f"/dev/sd{letter}" if self._system is OperatingSystem.DEBIAN else f"xvd{letter}",
                volume_id=volume.id,
                instance_id=instance.id,
                # So that the file system is unmounted, and never torn off while it is written to.
                stop_instance_before_detaching=True,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        self.host_name = self._named(args.host_name) if args.host_name else None
        self.register_outputs(
            {
                "instance_id": self.instance_id,
                "security_group_id": self.security_group_id,
                "private_ip": self.private_ip,
            }
        )

    def _volume(self, volume: DataVolume) -> aws.ebs.Volume:
        placement = self._args.placement
        return aws.ebs.Volume(
            f"{self._name}-{volume.name}",
            availability_zone=placement.availability_zone,
            size=volume.size_gib,
            type="gp3",
            encrypted=True,
            kms_key_id=placement.context.key_arn,
            final_snapshot=placement.context.protect,
            tags=placement.context.tags.named(f"{self._name}-{volume.name}"),
            opts=pulumi.ResourceOptions(parent=self, protect=placement.context.protect),
        )

    def _rights(self) -> aws.iam.RolePolicy:
        tell = boot_status.may_tell(self._args.placement.context.region)
        return aws.iam.RolePolicy(
            f"{self._name}-rights",
            role=self.role.name,
            policy=pulumi.Output.all(*self._args.statements).apply(lambda statements: document(tell, *statements)),
            opts=self._child,
        )

    def _instance(
        self,
        role: InstanceRole,
        interface: aws.ec2.NetworkInterface,
        volumes: Mapping[str, aws.ebs.Volume],
        *,
        after: list[pulumi.Resource],
    ) -> aws.ec2.Instance:
        size, placement = self._args.size, self._args.placement
        return aws.ec2.Instance(
            f"{self._name}-instance",
            ami=size.ami or newest_image(self._system, size.instance_type, size.release),
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
            # Always in base64: what is compressed has no other form, and the two forms exclude each other.
            user_data_base64=self._user_data(volumes),
            user_data_replace_on_change=True,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # It has the interface, and the interface has the address: there can be one at a time.
                delete_before_replace=True,
                # A newer official image is no reason to replace a server, and one that config names is.
                ignore_changes=[] if size.ami else ["ami"],
                # A boot needs its rights, to say how it goes, and in a public subnet its way out.
                depends_on=after,
            ),
        )

    def _user_data(self, volumes: Mapping[str, aws.ebs.Volume]) -> pulumi.Output[str]:
        if self._args.windows_boot is not None:
            ids = pulumi.Output.from_input({name: volume.id for name, volume in volumes.items()})
            return pulumi.Output.all(script=self._args.windows_boot, ids=ids).apply(lambda known: _for_windows(**known))
        mount_points = [volume.mount_point for volume in self._args.volumes]

        def for_linux(known: list[Any]) -> str:
            boot: CloudInit
            boot, *ids = known
            attached = zip(ids, mount_points, strict=True)
            return replace(
                boot, volumes=tuple(BootVolume(volume_id=id, mount_point=mount_point) for id, mount_point in attached)
            ).user_data()

        return pulumi.Output.all(self._args.boot, *(volume.id for volume in volumes.values())).apply(for_linux)

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
            opts=self._child,
        )
        return full_name


def _for_windows(script: str, ids: Mapping[str, str]) -> str:
    """PowerShell as EC2Launch takes it: run at the first boot, with ``$VolumeIds`` set, which has the volumes' ids by
    their names. Raises ``ValueError`` when it is too large: EC2Launch unpacks nothing."""
    table = "; ".join(f"'{name}' = '{id}'" for name, id in ids.items())
    document = f"<powershell>\n$VolumeIds = @{{ {table} }}\n{script}\n</powershell>\n".encode()
    if len(document) > MOST_USER_DATA_BYTES:
        expected = f"at most {MOST_USER_DATA_BYTES} bytes"
        refuse("user data", got=Words(f"{len(document)} bytes"), expected=expected)
    return base64.b64encode(document).decode()
