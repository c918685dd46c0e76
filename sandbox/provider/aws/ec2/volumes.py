"""EBS volumes, and their attachments to instances."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications

_MODIFIABLE = {"size": "Size", "type": "VolumeType", "iops": "Iops", "throughput": "Throughput"}


@adapter
class Volume(TaggedEc2Adapter):
    token = "aws:ebs/volume:Volume"
    not_found = ("InvalidVolume.NotFound",)
    properties = {
        "availabilityZone": Property(required=True, replaces=True),
        "size": Property(computed=True),
        "type": Property(computed=True),
        "iops": Property(computed=True),
        "throughput": Property(computed=True),
        "encrypted": Property(computed=True, replaces=True),
        "kmsKeyId": Property(computed=True, replaces=True),
        "snapshotId": Property(computed=True, replaces=True),
        "finalSnapshot": Property(default=False, kept="What to do at its deletion is not AWS's to know."),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "It holds no data."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_volume(
            AvailabilityZone=inputs["availabilityZone"],
            TagSpecifications=tag_specifications("volume", inputs),
            **arguments(
                inputs,
                {**_MODIFIABLE, "encrypted": "Encrypted", "kmsKeyId": "KmsKeyId", "snapshotId": "SnapshotId"},
            ),
        )
        return str(answer["VolumeId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(f"volume {id} to be available", lambda: volume(aws, id)["State"] in ("available", "in-use"))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = volume(aws, id)
        return {
            "availabilityZone": found["AvailabilityZone"],
            "size": found["Size"],
            "type": found["VolumeType"],
            "iops": found.get("Iops"),
            "throughput": found.get("Throughput"),
            "encrypted": found["Encrypted"],
            "kmsKeyId": found.get("KmsKeyId"),
            "snapshotId": found.get("SnapshotId"),
            "tags": tags.from_records(found.get("Tags")),
            "arn": arn(aws, "volume", id),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        modify(aws, id, arguments(new, {name: _MODIFIABLE[name] for name in changed}))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        ec2 = aws.client("ec2")
        if state.get("finalSnapshot"):
            ec2.create_snapshot(VolumeId=id, TagSpecifications=tag_specifications("snapshot", state))
        ec2.delete_volume(VolumeId=id)


@adapter
class VolumeAttachment(Adapter):
    """Its id is the one that pulumi-aws imports it by: ``<device>:<volume>:<instance>``."""

    token = "aws:ec2/volumeAttachment:VolumeAttachment"
    service = "ec2"
    not_found = ("InvalidVolume.NotFound", "InvalidInstanceID.NotFound", "InvalidAttachment.NotFound")
    properties = {
        "deviceName": Property(required=True, replaces=True),
        "volumeId": Property(required=True, replaces=True),
        "instanceId": Property(required=True, replaces=True),
        "stopInstanceBeforeDetaching": Property(kept="Said of how to end it."),
    }

    def create(self, aws: Aws, inputs: Values) -> str:
        _wait_until_attachable(aws, inputs["instanceId"])
        aws.client("ec2").attach_volume(
            Device=inputs["deviceName"], VolumeId=inputs["volumeId"], InstanceId=inputs["instanceId"]
        )
        return f"{inputs['deviceName']}:{inputs['volumeId']}:{inputs['instanceId']}"

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(f"volume {inputs['volumeId']} to be attached", lambda: _state(aws, id) == "attached")

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        if _state(aws, id) is None:
            return None
        device, volume_id, instance_id = id.split(":")
        return {"deviceName": device, "volumeId": volume_id, "instanceId": instance_id}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        device, volume_id, instance_id = id.split(":")
        if _state(aws, id) is None:
            return
        ec2 = aws.client("ec2")
        if state.get("stopInstanceBeforeDetaching"):
            ec2.stop_instances(InstanceIds=[instance_id])
            aws.wait(f"instance {instance_id} to stop", lambda: instance_state(aws, instance_id) == "stopped")
        ec2.detach_volume(Device=device, VolumeId=volume_id, InstanceId=instance_id)
        aws.wait(f"volume {volume_id} to be detached", lambda: _state(aws, id) is None)


def volume(aws: Aws, id: str) -> dict[str, Any]:
    """The volume as AWS describes it."""
    found: dict[str, Any] = aws.client("ec2").describe_volumes(VolumeIds=[id])["Volumes"][0]
    return found


def modify(aws: Aws, id: str, changes: Values) -> None:
    """Change a volume where it is, attached or not, and wait until it can be used with what it is now."""
    ec2 = aws.client("ec2")
    ec2.modify_volume(VolumeId=id, **changes)

    def ready() -> bool:
        modifications = ec2.describe_volumes_modifications(VolumeIds=[id])["VolumesModifications"]
        return modifications[-1]["ModificationState"] in ("optimizing", "completed")

    aws.wait(f"volume {id} to be modified", ready)


def instance_state(aws: Aws, id: str) -> str:
    """``running``, ``stopped`` and the like; a terminated instance is still there for an hour."""
    [reservation] = aws.client("ec2").describe_instances(InstanceIds=[id])["Reservations"]
    return str(reservation["Instances"][0]["State"]["Name"])


def _wait_until_attachable(aws: Aws, instance_id: str) -> None:
    aws.wait(f"instance {instance_id} to run", lambda: instance_state(aws, instance_id) in ("running", "stopped"))


def _state(aws: Aws, id: str) -> str | None:
    """``attached`` and the like; ``None`` when the volume is not with that instance."""
    device, volume_id, instance_id = id.split(":")
    for attachment in volume(aws, volume_id)["Attachments"]:
        if attachment["InstanceId"] == instance_id and attachment["Device"] == device:
            return str(attachment["State"])
    return None
