"""EBS volumes: sizes that exist and never shrink, one attachment in one availability zone, gp3's throughput. Snapshots
by their owners."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import EBSBackend, Volume, VolumeAttachment
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

GP3_DEFAULT_THROUGHPUT = 125
"""MiB a second ("Amazon EBS General Purpose SSD volumes")."""
GP3_GIB = range(1, 65_536 + 1)


@patch(
    "moto.ec2.models.elastic_block_store:EBSBackend.attach_volume",
    sha256="87912aaaff211501d9393a1d89317f62df5e6b7db18622dba1879870b2512a3c",
    upstream="AttachVolume accepts a volume in use, a taken device, another zone and a terminated instance.",
)
def _attach_volume(
    original: Any,
    backend: EBSBackend,
    volume_id: str,
    instance_id: str,
    device_path: str,
    delete_on_termination: bool = False,
) -> VolumeAttachment | None:
    """Refuse what AWS refuses."""
    volume = backend.get_volume(volume_id)
    instance = backend.get_instance(instance_id)
    if volume.attachment:
        raise AwsError("VolumeInUse", f"{volume_id} is already attached to an instance")
    if instance.state not in ("pending", "running", "stopping", "stopped"):
        raise AwsError("IncorrectState", f"Instance '{instance_id}' is not 'running'.")
    if device_path in instance.block_device_mapping:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{device_path}' for unixDevice. Attachment point {device_path} is already in use",
        )
    if volume.availability_zone != instance.availability_zone:
        raise AwsError(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume_id}' is not in the same availability zone as instance '{instance_id}'",
        )
    attachment: VolumeAttachment | None = original(backend, volume_id, instance_id, device_path, delete_on_termination)
    return attachment


@patch(
    "moto.ec2.models.elastic_block_store:EBSBackend.detach_volume",
    sha256="a269149d052ba41959c6fc5603f5bf7ce8ecc5e2a18361a9cf2b70eb61f68846",
    upstream="DetachVolume without InstanceId fails, although AWS asks for the volume only.",
)
def _detach_volume(
    original: Any, backend: EBSBackend, volume_id: str, instance_id: str | None, device_path: str | None
) -> VolumeAttachment:
    volume = backend.get_volume(volume_id)
    if volume.attachment is None:
        raise AwsError("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
    detached: VolumeAttachment = original(backend, volume_id, instance_id or volume.attachment.instance.id, device_path)
    return detached


@patch(
    "moto.ec2.models.elastic_block_store:EBSBackend.modify_volume",
    sha256="ab11ffa242d2320c299737ced0ac7896393b8d2fe393e4359a474967b82a98e5",
    upstream="ModifyVolume makes a volume smaller.",
)
def _modify_volume(
    original: Any, backend: EBSBackend, volume_id: str, target_size: int | None = None, *args: Any, **kwargs: Any
) -> Volume:
    volume = backend.get_volume(volume_id)
    if target_size is not None and int(target_size) < int(volume.size):
        raise AwsError("InvalidParameterValue", "New size cannot be smaller than existing size")
    _check_size(target_size, volume.volume_type)
    changed: Volume = original(backend, volume_id, target_size, *args, **kwargs)
    return changed


@patch(
    "moto.ec2.models.elastic_block_store:EBSBackend.create_volume",
    sha256="466950324c69d5f7cecf5004f664d813d3dd586567fde017695a358d34965e80",
    upstream="CreateVolume accepts every size, and the region's encryption by default applies to no volume.",
)
def _create_volume(original: Any, backend: EBSBackend, size: int, *args: Any, **settings: Any) -> Volume:
    _check_size(size, settings.get("volume_type"))
    # Volumes of launched instances too. The setting is not there yet while moto makes its images.
    if vars(backend).get("ebs_encryption_by_default"):
        settings["encrypted"] = True
    created: Volume = original(backend, size, *args, **settings)
    return created


def _check_size(gib: int | None, volume_type: str | None) -> None:
    """Raise ``AwsError`` for a size that a gp3 volume cannot have ("Amazon EBS General Purpose SSD volumes")."""
    if gib is not None and volume_type == "gp3" and int(gib) not in GP3_GIB:
        raise AwsError(
            "InvalidParameterValue", f"Volume of {gib}GiB: a gp3 volume is {GP3_GIB[0]} to {GP3_GIB[-1]} GiB."
        )


@patch(
    "moto.ec2.models.elastic_block_store:Volume.__init__",
    sha256="b0c00794b5e67876c48fd85782c4dd990a79c90f21475114a39ba6123ddbe5b2",
    upstream="A gp3 volume created without Throughput has none instead of 125 MiB/s.",
)
def _init(original: Any, volume: Volume, *args: Any, **kwargs: Any) -> None:
    original(volume, *args, **kwargs)
    if volume.volume_type == "gp3" and volume.throughput is None:
        volume.throughput = GP3_DEFAULT_THROUGHPUT


@patch(
    "moto.ec2.responses.elastic_block_store:ElasticBlockStore.describe_snapshots",
    sha256="0a4a9744ee83e3ce5829ae1e99de9db8e1ee6b8eac88b2051a20d0cc7e8fbc2a",
    upstream="DescribeSnapshots ignores OwnerIds, and answers the snapshots of every image.",
)
def _describe_snapshots(original: Any, response: ElasticBlockStore) -> ActionResult:
    """Another alias than ``self``, such as ``amazon``, finds nothing."""
    asked = response._get_param("OwnerIds", [])
    if not asked:
        return original(response)
    owners = {response.current_account if owner == "self" else owner for owner in asked}
    found = response.ec2_backend.describe_snapshots(
        snapshot_ids=response._get_param("SnapshotIds", []), filters=response._filters_from_querystring()
    )
    return ActionResult({"Snapshots": [snapshot for snapshot in found if snapshot.owner_id in owners]})
