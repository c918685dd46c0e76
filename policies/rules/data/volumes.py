"""EBS: the disks of servers are encrypted, backed up and in the server's zone."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policies.aws.backup_coverage import selections_of
from policies.generated.aws_types import ebs, ec2
from policies.model.expectations import accepted, is_, require, within
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, ResourceRule, Sources, StackRule, Undecided, Violation

_ANY_VOLUME = "arn:aws:ec2:eu-west-3:123456789012:volume/vol-0123456789abcdef0"


def _check_encryption(resource: Resource, _: Config) -> Findings:
    if resource.is_a(ebs.Volume):
        yield from is_(resource, "encrypted", True)
        return
    if resource.is_a(ec2.Instance):
        yield from is_(resource, "rootBlockDevice.encrypted", True)
    for name, inner in (("ebsBlockDevices", ()), ("blockDeviceMappings", ("ebs",))):
        for index, device in enumerate(resource.properties.each(name)):
            path = ".".join((f"{name}[{index}]", *inner, "encrypted"))
            yield from accepted(resource, path, within(device, *inner, "encrypted"), _is_yes, "True")


def _is_yes(value: object) -> bool:
    # In a launch template it is a text, elsewhere a boolean.
    return value in (True, "true")


def _check_backup(volume: Resource, stack: Stack, _: Config) -> Findings:
    if isinstance(volume.properties.read("tags"), Unknown):
        yield Undecided(resource=volume, path="tags")
    elif not any(selections_of(stack, volume, arn=_ANY_VOLUME)):
        yield Violation(resource=volume, got="no backup.Selection that includes it", expected="one")


def _check_zone(attachment: Resource, _stack: Stack, _: Config) -> Findings:
    for volume in attachment.origin("volumeId", ebs.Volume):
        reading = volume.properties.read("availabilityZone")
        zones = {zone for server in attachment.origin("instanceId", ec2.Instance) for zone in _zones(server)}
        match reading:
            case Unknown():
                yield Undecided(resource=volume, path="availabilityZone")
            # Without zones, the subnet is another stack's: AWS refuses the attachment if the zone is wrong.
            case Known(zone) if zones and zone not in zones:
                yield Violation(
                    resource=attachment,
                    got=f"{volume} in {zone} and a server in {' or '.join(sorted(zones))}",
                    expected="both in the same zone",
                )


def _zones(server: Resource) -> Iterator[str]:
    """The zones that a server may be in. A preview knows only the list of subnets that one is chosen from."""
    match server.properties.read("availabilityZone"):
        case Known(zone):
            yield zone
            return
    subnets = list(server.origin("subnetId", ec2.Subnet))
    for interface in server.origin("primaryNetworkInterface", ec2.NetworkInterface):
        subnets += interface.origin("subnetId", ec2.Subnet)
    readings = [subnet.properties.read("availabilityZone") for subnet in subnets]
    yield from (reading.value for reading in readings if isinstance(reading, Known))


EC2_DISKS_ENCRYPTED = ResourceRule(
    id="ec2-disks-encrypted",
    severity=Severity.HIGH,
    why="A snapshot of an unencrypted disk can be shared with any account, and a disk cannot be encrypted later.",
    fix="set encrypted=True on the volume, and in root_block_device and each of ebs_block_devices.",
    sources=Sources(fsbp=("EC2.3",), cis=("6.1.1",), pci=("3.5.1",)),
    applies_to=(ec2.Instance, ec2.LaunchTemplate, ebs.Volume),
    check=_check_encryption,
)

EBS_DATA_IN_BACKUP = StackRule(
    id="ebs-data-in-backup",
    severity=Severity.HIGH,
    why="A data volume holds the only copy of its files, such as a shop's images.",
    fix="give the volume the Client and Environment tags that the backup selection asks for.",
    sources=Sources(fsbp=("EC2.28",), pci=("10.3.3",)),
    production_only=True,
    applies_to=(ebs.Volume,),
    check=_check_backup,
)

EBS_SAME_ZONE = StackRule(
    id="ebs-same-az-as-instance",
    severity=Severity.HIGH,
    why="A volume can only be attached in its own zone, so the server would start without its data.",
    fix="set the volume's availability_zone to that of the server's subnet.",
    sources=Sources(other='"Attach an Amazon EBS volume to an Amazon EC2 instance"'),
    applies_to=(ec2.VolumeAttachment,),
    check=_check_zone,
)

EBS_FINAL_SNAPSHOT = ResourceRule(
    id="ebs-final-snapshot",
    severity=Severity.HIGH,
    why="Without a final snapshot, deleting or replacing a volume loses everything since the last backup.",
    fix="set final_snapshot=True.",
    sources=Sources(pci=("10.3.3",), other='"Delete an Amazon EBS volume"'),
    production_only=True,
    applies_to=(ebs.Volume,),
    check=require("finalSnapshot", True),
)

RULES = (EC2_DISKS_ENCRYPTED, EBS_DATA_IN_BACKUP, EBS_SAME_ZONE, EBS_FINAL_SNAPSHOT)
