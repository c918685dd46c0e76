"""The disks of a server, which outlive its instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.servers.cloud_init import BootVolume
from components.servers.image import OperatingSystem
from components.shared.context import Context
from settings.server_size import VOLUME_LETTERS


@dataclass(frozen=True, kw_only=True)
class DataVolume:
    """A disk that outlives the instance."""

    name: str
    size_gib: int
    mount_point: str = ""
    """The directory on Linux. It is empty on Windows, where the boot script gives the disk a letter."""
    snapshot_id: str | None = None
    """The EBS snapshot from which a new volume is made."""
    device: str = ""
    """The device name that EC2 attaches it under. Empty for one that follows from its place in the list."""
    is_mounted: bool = True
    """Whether the server uses it. One that it does not use is detached while the server runs."""


class DataVolumes:
    """Encrypted EBS volumes, which are made before the instance that they are attached to."""

    ids: pulumi.Output[dict[str, str]]
    """By the volumes' names."""
    mounted: pulumi.Output[tuple[BootVolume, ...]]
    """Those that the server uses, and where."""

    def __init__(
        self,
        server: str,
        volumes: tuple[DataVolume, ...],
        *,
        availability_zone: str,
        context: Context,
        parent: pulumi.Resource,
    ) -> None:
        self._server, self._volumes, self._parent = server, volumes, parent
        self._made = {
            volume.name: aws.ebs.Volume(
                f"{server}-{volume.name}",
                availability_zone=availability_zone,
                size=volume.size_gib,
                type="gp3",
                encrypted=True,
                kms_key_id=context.key_arn,
                snapshot_id=volume.snapshot_id,
                final_snapshot=context.final_snapshots,
                tags=context.tags.backed_up(f"{server}-{volume.name}"),
                opts=pulumi.ResourceOptions(
                    parent=parent,
                    protect=context.protect,
                    # Another snapshot would replace the volume, with all that it has stored since.
                    ignore_changes=["snapshotId"],
                ),
            )
            for volume in volumes
        }
        known = pulumi.Output.all(*(self._made[volume.name].id for volume in volumes))
        self.ids = known.apply(lambda ids: {volume.name: id for volume, id in zip(volumes, ids, strict=True)})
        self.mounted = known.apply(self._table)

    def _table(self, ids: Sequence[str]) -> tuple[BootVolume, ...]:
        return tuple(
            BootVolume(volume_id=id, mount_point=volume.mount_point)
            for volume, id in zip(self._volumes, ids, strict=True)
            if volume.is_mounted
        )

    def attach_to(self, instance_id: pulumi.Input[str], system: OperatingSystem) -> None:
        """Each under a device name of its own, as the operating system has them."""
        prefix = "/dev/sd" if system is OperatingSystem.DEBIAN else "xvd"
        for place, volume in enumerate(self._volumes):
            aws.ec2.VolumeAttachment(
                f"{self._server}-{volume.name}-attachment",
                device_name=volume.device or f"{prefix}{VOLUME_LETTERS[place]}",
                volume_id=self._made[volume.name].id,
                instance_id=instance_id,
                # The stop unmounts the file system. Without it, the volume could be detached during a write.
                stop_instance_before_detaching=volume.is_mounted,
                opts=pulumi.ResourceOptions(
                    parent=self._parent,
                    delete_before_replace=True,
                    # Linux finds a volume by its id. Another name would only detach one that is in use.
                    ignore_changes=["deviceName"] if volume.device else [],
                ),
            )
