"""Adapters of what a server is made of: images, instances, volumes, interfaces and addresses."""

from __future__ import annotations

import base64
import json

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.registry import find_adapter, find_function
from sandbox.tests.emulator.network_parts import (
    TAGS,
    a_network_interface,
    a_security_group,
    a_subnet,
    a_subnet_with_a_way_out,
    a_vpc,
    an_elastic_ip,
)
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()

INSTANCE = "aws:ec2/instance:Instance"
ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment"
VOLUME = "aws:ebs/volume:Volume"
ZONE = "eu-west-3b"
COMPRESSED = base64.b64encode(b"\x1f\x8b not text \xff").decode()


def an_image(aws: Aws, name: str = "debian-12-arm64-*") -> str:
    found = find_function("aws:ec2/getAmi:getAmi")(
        aws, {"owners": ["136693071363"], "mostRecent": True, "filters": [{"name": "name", "values": [name]}]}
    )
    return str(found["id"])


def a_key(aws: Aws) -> str:
    return str(aws.client("kms").create_key()["KeyMetadata"]["Arn"])


def a_profile(aws: Aws, name: str) -> str:
    iam = aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


def an_instance(aws: Aws, **inputs: object) -> str:
    subnet_id = a_subnet_with_a_way_out(aws, ZONE)
    return create(aws, INSTANCE, {"ami": an_image(aws), "instanceType": "t4g.small", "subnetId": subnet_id, **inputs})


def a_volume(aws: Aws) -> str:
    return create(aws, VOLUME, {"availabilityZone": ZONE, "size": 5})


@SAMPLES.case(INSTANCE)
def server_with_its_own_interface(aws: Aws) -> Case:
    root = {
        "volumeType": "gp3",
        "volumeSize": 16,
        "encrypted": True,
        "kmsKeyId": a_key(aws),
        "iops": 3000,
        "throughput": 125,
        "tags": TAGS,
    }
    options = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    return Case(
        inputs={
            "ami": an_image(aws),
            "instanceType": "t4g.small",
            "iamInstanceProfile": a_profile(aws, "before"),
            "primaryNetworkInterface": {
                "networkInterfaceId": a_network_interface(aws, a_subnet_with_a_way_out(aws, ZONE))
            },
            "metadataOptions": options,
            "rootBlockDevice": root,
            "userDataBase64": COMPRESSED,
            "userDataReplaceOnChange": True,
            "tags": TAGS,
        },
        updates=[
            {"instanceType": "t4g.medium"},
            {"metadataOptions": {**options, "httpPutResponseHopLimit": 2, "instanceMetadataTags": "enabled"}},
            {"metadataOptions": options},
            {"rootBlockDevice": {**root, "volumeSize": 20, "tags": {"Name": "larger"}}},
            {"iamInstanceProfile": a_profile(aws, "after")},
            {"iamInstanceProfile": None},
        ],
    )


@SAMPLES.case(INSTANCE)
def server_in_a_subnet(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    groups = [a_security_group(aws, vpc_id, "a"), a_security_group(aws, vpc_id, "b")]
    return Case(
        inputs={
            "ami": an_image(aws, "debian-12-amd64-*"),
            "instanceType": "t3.small",
            "availabilityZone": ZONE,
            "subnetId": a_subnet(aws, vpc_id, ZONE),
            "privateIp": "10.20.1.77",
            "vpcSecurityGroupIds": groups[:1],
        },
        updates=[{"vpcSecurityGroupIds": groups}],
    )


@SAMPLES.case(VOLUME)
def encrypted_volume(aws: Aws) -> Case:
    return Case(
        inputs={
            "availabilityZone": ZONE,
            "size": 5,
            "type": "gp3",
            "encrypted": True,
            "kmsKeyId": a_key(aws),
            "tags": TAGS,
        },
        updates=[{"size": 8}, {"iops": 4000, "throughput": 250}, {"type": "io2"}],
    )


@SAMPLES.case(VOLUME)
def restored_volume(aws: Aws) -> Case:
    snapshot = aws.client("ec2").create_snapshot(VolumeId=a_volume(aws))
    return Case(inputs={"availabilityZone": ZONE, "snapshotId": snapshot["SnapshotId"]})


@SAMPLES.case(ATTACHMENT)
def data_volume(aws: Aws) -> Case:
    return Case(
        inputs={
            "deviceName": "/dev/sdf",
            "volumeId": a_volume(aws),
            "instanceId": an_instance(aws),
            "stopInstanceBeforeDetaching": True,
        }
    )


@SAMPLES.case("aws:ec2/networkInterface:NetworkInterface")
def interface(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    groups = [a_security_group(aws, vpc_id, "a"), a_security_group(aws, vpc_id, "b")]
    return Case(
        inputs={
            "subnetId": a_subnet(aws, vpc_id, ZONE),
            "privateIp": "10.20.1.80",
            "securityGroups": groups[:1],
            "description": "before",
            "sourceDestCheck": False,
            "tags": TAGS,
        },
        updates=[{"securityGroups": groups[1:], "description": "after"}, {"sourceDestCheck": True}],
    )


@SAMPLES.case("aws:ec2/eipAssociation:EipAssociation")
def address_of_an_interface(aws: Aws) -> Case:
    return Case(
        inputs={
            "allocationId": an_elastic_ip(aws),
            "networkInterfaceId": a_network_interface(aws, a_subnet_with_a_way_out(aws, ZONE)),
        }
    )


@SAMPLES.case("aws:ec2/eipAssociation:EipAssociation")
def address_of_an_instance(aws: Aws) -> Case:
    addresses = aws.client("ec2").describe_addresses(AllocationIds=[an_elastic_ip(aws)])["Addresses"]
    instance_id = an_instance(aws, privateIp="10.20.1.90")
    return Case(
        inputs={
            "publicIp": addresses[0]["PublicIp"],
            "instanceId": instance_id,
            "privateIpAddress": "10.20.1.90",
        }
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_user_data_changes_only_with_the_instance() -> None:
    """The adapter knows one way, and refuses a program that means the other."""
    problems = find_adapter(INSTANCE).check({"userDataBase64": COMPRESSED})
    assert [name for name, _ in problems] == ["userDataReplaceOnChange"]


def test_an_interface_comes_with_its_own_subnet_and_groups() -> None:
    problems = find_adapter(INSTANCE).check(
        {"primaryNetworkInterface": {"networkInterfaceId": "eni-1"}, "subnetId": "subnet-1"}
    )
    assert [name for name, _ in problems] == ["subnetId"]


def test_encryption_of_a_root_volume_is_for_life(aws: Aws) -> None:
    """AWS cannot encrypt a volume later: the error says what to do."""
    instance_id = an_instance(aws, rootBlockDevice={"volumeSize": 16})
    adapter = find_adapter(INSTANCE)
    before = {"rootBlockDevice": {"volumeSize": 16}}
    after = {"rootBlockDevice": {"volumeSize": 16, "encrypted": True}}
    with pytest.raises(ValueError, match="encrypted cannot change: replace the instance"):
        adapter.update(aws, instance_id, before, after, frozenset({"rootBlockDevice"}))


def test_a_volume_in_use_is_detached_from_a_stopped_instance(aws: Aws) -> None:
    """Its file system is unmounted by then; the instance is not started again, as with the official plugin."""
    inputs: Values = {"deviceName": "/dev/sdf", "volumeId": a_volume(aws), "instanceId": an_instance(aws)}
    id = create(aws, ATTACHMENT, inputs)
    find_adapter(ATTACHMENT).delete(aws, id, {**inputs, "stopInstanceBeforeDetaching": True})
    state = read(aws, INSTANCE, inputs["instanceId"])
    assert state is not None
    assert state["instanceState"] == "stopped"


def test_the_last_of_a_volume_is_a_snapshot(aws: Aws) -> None:
    """Deleting a volume that holds data leaves a copy that can be restored."""
    volume_id = a_volume(aws)
    find_adapter(VOLUME).delete(aws, volume_id, {"finalSnapshot": True, "tagsAll": TAGS})
    snapshots = aws.client("ec2").describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume_id]}])
    assert [each["VolumeSize"] for each in snapshots["Snapshots"]] == [5]


def test_an_instance_that_was_terminated_elsewhere_is_gone(aws: Aws) -> None:
    instance_id = an_instance(aws)
    aws.client("ec2").terminate_instances(InstanceIds=[instance_id])
    assert read(aws, INSTANCE, instance_id) is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"filters": [{"name": "name", "values": ["debian-12-arm64-*"]}]}, "debian-12-arm64-20250316-2053"),
        ({"nameRegex": "^debian-12-amd64"}, "debian-12-amd64-20250316-2053"),
    ],
)
def test_the_newest_image_is_found(aws: Aws, arguments: Values, expected: str) -> None:
    get_ami = find_function("aws:ec2/getAmi:getAmi")
    found = get_ami(aws, {"owners": ["136693071363"], "mostRecent": True, **arguments})
    assert found["name"] == expected
    assert found["id"] == found["imageId"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": [{"name": "name", "values": ["debian-7-*"]}]}, "returned no results"),
        ({"nameRegex": "^debian-12"}, "returned 4 results"),
        ({"uefiData": "x", "mostRecent": True}, "got uefiData"),
    ],
)
def test_an_image_that_is_not_plain_is_an_error(aws: Aws, arguments: Values, message: str) -> None:
    """None, several, or asked for in a way that would be ignored."""
    with pytest.raises(ValueError, match=message):
        find_function("aws:ec2/getAmi:getAmi")(aws, {"owners": ["136693071363"], **arguments})


def test_an_image_that_was_withdrawn_is_named(aws: Aws) -> None:
    """As the official provider does, before it asks for an instance."""
    image = an_image(aws)
    aws.client("ec2").deregister_image(ImageId=image)
    with pytest.raises(ValueError, match=f"expected 1 AMI for ID: {image}, got none"):
        an_instance(aws, ami=image, rootBlockDevice={"volumeSize": 9})
    by_id = {"filters": [{"name": "image-id", "values": [image]}], "includeDeprecated": True}
    with pytest.raises(ValueError, match="returned no results"):
        find_function("aws:ec2/getAmi:getAmi")(aws, by_id)


def test_running_instances_are_found_by_their_tags(aws: Aws) -> None:
    """Also those that a server set on itself. That there is none is an answer."""
    id = an_instance(aws, tags={"Client": "client"})
    get_instances = find_function("aws:ec2/getInstances:getInstances")
    asked = {"instanceTags": {"Client": "client", "BootStatus": "ready"}, "instanceStateNames": ["running"]}
    assert get_instances(aws, asked)["ids"] == []
    aws.client("ec2").create_tags(Resources=[id], Tags=[{"Key": "BootStatus", "Value": "ready"}])
    assert get_instances(aws, asked)["ids"] == [id]
    assert get_instances(aws, {**asked, "instanceStateNames": ["stopped"]})["ids"] == []
    with pytest.raises(ValueError, match="got timeouts"):
        get_instances(aws, {**asked, "timeouts": {}})
