"""EBS: see ``policies/rules/data/volumes.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.volumes import EBS_DATA_IN_BACKUP, EBS_FINAL_SNAPSHOT, EBS_SAME_ZONE, EC2_DISKS_ENCRYPTED
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.networks import PRIVATE_SUBNET, VPC
from tests.policies.proof import Proof, changed, replaced

VOLUME = node(
    aws.ebs.Volume, "media", availabilityZone="eu-west-3a", encrypted=True, tags={"Client": "client", "System": "nfs"}
)
SERVER = node(aws.ec2.Instance, "nfs", rootBlockDevice={"encrypted": True})
TEMPLATE = node(
    aws.ec2.LaunchTemplate, "template", blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}]
)


def _selection(**properties: object) -> Node:
    return node(aws.backup.Selection, "selection", **properties)


def _tagged(value: str) -> dict[str, object]:
    return {"stringEquals": [{"key": "aws:ResourceTag/Client", "value": value}]}


EVERYTHING_OF_THE_CLIENT = _selection(resources=["arn:aws:ec2:*:*:volume/*"], conditions=[_tagged("client")])

SUBNET = PRIVATE_SUBNET.but(availabilityZone="eu-west-3a")
OTHER_SUBNET = node(aws.ec2.Subnet, "private-b", vpcId=VPC, availabilityZone="eu-west-3b")
INTERFACE = node(aws.ec2.NetworkInterface, "interface", subnetId=SUBNET)
BEHIND = node(aws.ec2.Instance, "nfs", primaryNetworkInterface=INTERFACE)
ELSEWHERE = node(aws.ec2.Instance, "nfs", subnetId=OTHER_SUBNET)


def _attached(volume: Node, server: Node) -> Node:
    return node(aws.ec2.VolumeAttachment, "attachment", volumeId=volume, instanceId=server, deviceName="/dev/sdf")


def _untagged(volume: Node) -> Node:
    return volume.but(tags={**volume.properties["tags"], "Client": "somebody"})


PROOFS = (
    Proof(
        rule=EC2_DISKS_ENCRYPTED,
        passing={"volume": (VOLUME,), "root": (SERVER,), "template": (TEMPLATE,)},
        failing={
            "volume": (VOLUME.but(encrypted=False),),
            "root": (SERVER.but(rootBlockDevice={"encrypted": False}),),
            "second disk": (SERVER.but(ebsBlockDevices=[{"encrypted": True}, {"encrypted": False}]),),
            "silent disk": (SERVER.but(ebsBlockDevices=[{"deviceName": "/dev/sdf"}]),),
            "template": (TEMPLATE.but(blockDeviceMappings=[{"ebs": {"encrypted": "false"}}]),),
        },
        absent=(SERVER.but(rootBlockDevice=None),),
        unknown=(VOLUME.but(encrypted=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.ebs.Volume, "operations-windows-data", encrypted=False),
    ),
    Proof(
        rule=EBS_DATA_IN_BACKUP,
        passing={
            "by its tags": (EVERYTHING_OF_THE_CLIENT, VOLUME),
            "everything": (_selection(resources=["*"]), VOLUME),
            "a tag of the selection": (
                _selection(selectionTags=[{"type": "STRINGEQUALS", "key": "Client", "value": "client"}]),
                VOLUME,
            ),
            "by its ARN": (_selection(resources=[VOLUME]), VOLUME),
        },
        failing={
            "other tags": (EVERYTHING_OF_THE_CLIENT, VOLUME.but(tags={"Client": "somebody"})),
            "only databases": (_selection(resources=["arn:aws:rds:*:*:db:*"]), VOLUME),
            "left out": (_selection(resources=["*"], notResources=["arn:aws:ec2:*:*:volume/*"]), VOLUME),
        },
        absent=(VOLUME,),
        unknown=(EVERYTHING_OF_THE_CLIENT, VOLUME.derived(tags=UNKNOWN)),
        not_applicable=(EVERYTHING_OF_THE_CLIENT,),
        breakage=replaced(aws.ebs.Volume, "site-files-client-media", _untagged),
    ),
    Proof(
        rule=EBS_SAME_ZONE,
        passing={
            "behind an interface": (VPC, SUBNET, INTERFACE, BEHIND, VOLUME, _attached(VOLUME, BEHIND)),
            "another stack's subnet": (VOLUME, SERVER, _attached(VOLUME, SERVER)),
        },
        failing={
            "behind an interface": (
                VPC,
                SUBNET,
                INTERFACE,
                BEHIND,
                VOLUME.but(availabilityZone="eu-west-3b"),
                _attached(VOLUME, BEHIND),
            ),
            "in a subnet": (VPC, OTHER_SUBNET, ELSEWHERE, VOLUME, _attached(VOLUME, ELSEWHERE)),
            "as AWS says": (
                VOLUME,
                SERVER.but(availabilityZone="eu-west-3c"),
                _attached(VOLUME, SERVER),
            ),
        },
        absent=(node(aws.ec2.VolumeAttachment, "attachment", volumeId="vol-1", instanceId="i-1"),),
        absent_is=Status.PASSED,
        unknown=(SERVER, _attached(VOLUME, SERVER), VOLUME.derived(availabilityZone=UNKNOWN)),
        not_applicable=(VOLUME,),
        breakage=changed(aws.ec2.Instance, "operations-rundeck-server-instance", availabilityZone="eu-west-3b"),
    ),
    Proof(
        rule=EBS_FINAL_SNAPSHOT,
        passing={"kept": (VOLUME.but(finalSnapshot=True),)},
        failing={"dropped": (VOLUME.but(finalSnapshot=False),)},
        absent=(VOLUME,),
        unknown=(VOLUME.but(finalSnapshot=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.ebs.Volume, "operations-vpn-server-keys", finalSnapshot=False),
    ),
)
