"""Servers in the embedded AWS: images, instances on existing network interfaces, and volumes, through boto3."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

DEBIAN = "136693071363"


@pytest.fixture
def subnet(ec2: Any) -> str:
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    return create_subnet(ec2, vpc_id, "10.0.1.0/24")


def create_subnet(ec2: Any, vpc_id: str, cidr: str) -> str:
    made = ec2.create_subnet(VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone="eu-west-3b")
    return str(made["Subnet"]["SubnetId"])


def images(ec2: Any, owner: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ec2.describe_images(Owners=[owner], Filters=[{"Name": "name", "Values": [name]}])[
        "Images"
    ]
    return found


def create_interface(ec2: Any, subnet: str) -> str:
    return str(ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"])


def launch(ec2: Any, **where: Any) -> dict[str, Any]:
    image = images(ec2, DEBIAN, "debian-12-arm64-*")[0]["ImageId"]
    started = ec2.run_instances(ImageId=image, InstanceType="t4g.small", MinCount=1, MaxCount=1, **where)
    found: dict[str, Any] = started["Instances"][0]
    return found


def launch_on(ec2: Any, interface: str) -> dict[str, Any]:
    return launch(ec2, NetworkInterfaces=[{"NetworkInterfaceId": interface, "DeviceIndex": 0}])


def interface_of(ec2: Any, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_network_interfaces(NetworkInterfaceIds=[id_])["NetworkInterfaces"][0]
    return found


def create_volume(ec2: Any, zone: str = "eu-west-3b", **settings: Any) -> str:
    return str(ec2.create_volume(AvailabilityZone=zone, Size=5, **settings)["VolumeId"])


@pytest.mark.parametrize("region", ["eu-west-3", "us-east-1"])
@pytest.mark.parametrize(
    ("owner", "name", "architecture"),
    [
        (DEBIAN, "debian-12-amd64-*", "x86_64"),
        (DEBIAN, "debian-12-arm64-*", "arm64"),
        ("amazon", "Windows_Server-2022-English-Full-Base-*", "x86_64"),
    ],
)
def test_official_images_are_found_in_every_region(
    embedded_aws: None, region: str, owner: str, name: str, architecture: str
) -> None:
    """Each has two builds, so that a search for the newest has to choose, and another id in each region."""
    found = images(client("ec2", region), owner, name)
    assert len({each["CreationDate"] for each in found}) == len(found) == 2
    assert {each["Architecture"] for each in found} == {architecture}
    elsewhere = images(client("ec2", "eu-west-1"), owner, name)
    assert not {each["ImageId"] for each in found} & {each["ImageId"] for each in elsewhere}


@pytest.mark.parametrize("by_template", [False, True])
def test_no_instance_starts_from_an_image_that_was_withdrawn(ec2: Any, subnet: str, by_template: bool) -> None:
    """An instance that runs goes on; EC2 lists the image no more."""
    running = launch(ec2, SubnetId=subnet)
    image = running["ImageId"]
    ec2.deregister_image(ImageId=image)
    names_image: dict[str, Any] = {"ImageId": image}
    if by_template:
        template = ec2.create_launch_template(LaunchTemplateName="withdrawn", LaunchTemplateData={"ImageId": image})
        id_ = template["LaunchTemplate"]["LaunchTemplateId"]
        names_image = {"LaunchTemplate": {"LaunchTemplateId": id_}}
    with aws_refuses("InvalidAMIID.NotFound", re.escape(f"'[{image}]' does not exist")):
        ec2.run_instances(SubnetId=subnet, MinCount=1, MaxCount=1, **names_image)
    [reservation] = ec2.describe_instances()["Reservations"]
    assert [each["InstanceId"] for each in reservation["Instances"]] == [running["InstanceId"]]
    assert image not in {each["ImageId"] for each in images(ec2, DEBIAN, "debian-12-arm64-*")}


def test_an_instance_is_where_its_interface_is(ec2: Any, subnet: str) -> None:
    """It has the address and the availability zone of the interface, so volumes of that zone can be attached."""
    interface = create_interface(ec2, subnet)
    instance = launch_on(ec2, interface)
    assert instance["PrivateIpAddress"] == interface_of(ec2, interface)["PrivateIpAddress"]
    assert instance["Placement"]["AvailabilityZone"] == "eu-west-3b"


def test_an_interface_outlives_its_instance(ec2: Any, subnet: str) -> None:
    """The next instance takes it over: same address, and the Elastic IP stays with it."""
    interface = create_interface(ec2, subnet)
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)
    first = launch_on(ec2, interface)
    ec2.terminate_instances(InstanceIds=[first["InstanceId"]])
    free = interface_of(ec2, interface)
    assert free["Status"] == "available"
    assert "Attachment" not in free
    second = launch_on(ec2, interface)
    assert second["PrivateIpAddress"] == first["PrivateIpAddress"]
    assert second["PublicIpAddress"] == address["PublicIp"]


def test_an_interface_in_use_cannot_be_deleted(ec2: Any, subnet: str) -> None:
    interface = create_interface(ec2, subnet)
    launch_on(ec2, interface)
    with aws_refuses("InvalidParameterValue"):
        ec2.delete_network_interface(NetworkInterfaceId=interface)


def test_an_interface_that_a_launch_made_goes_with_the_instance(ec2: Any, subnet: str) -> None:
    """Otherwise the subnet could never be deleted."""
    instance = launch(ec2, SubnetId=subnet)
    for _ in range(2):
        ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    [reservation] = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"]
    assert reservation["Instances"][0]["NetworkInterfaces"] == []


def test_no_two_interfaces_have_one_address(ec2: Any, subnet: str) -> None:
    """Addresses come from the subnet, without those that AWS keeps, and a deleted interface gives its own back."""
    interfaces = [create_interface(ec2, subnet) for _ in range(60)]
    addresses = [interface_of(ec2, each)["PrivateIpAddress"] for each in interfaces]
    addresses.append(launch(ec2, SubnetId=subnet)["PrivateIpAddress"])
    assert len(set(addresses)) == len(addresses)
    assert not {"10.0.1.0", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.255"} & set(addresses)
    ec2.delete_network_interface(NetworkInterfaceId=interfaces[0])
    assert interface_of(ec2, create_interface(ec2, subnet))["PrivateIpAddress"] == addresses[0]


def test_a_volume_is_with_one_instance(ec2: Any, subnet: str) -> None:
    """It is free again once that instance is terminated."""
    first, second = (launch(ec2, SubnetId=subnet)["InstanceId"] for _ in range(2))
    volume = create_volume(ec2)
    ec2.attach_volume(VolumeId=volume, InstanceId=first, Device="/dev/sdf")
    with aws_refuses("VolumeInUse"):
        ec2.attach_volume(VolumeId=volume, InstanceId=second, Device="/dev/sdf")
    ec2.terminate_instances(InstanceIds=[first])
    ec2.attach_volume(VolumeId=volume, InstanceId=second, Device="/dev/sdf")


def test_a_volume_never_shrinks(ec2: Any) -> None:
    volume = create_volume(ec2, VolumeType="gp3")
    ec2.modify_volume(VolumeId=volume, Size=6)
    with aws_refuses("InvalidParameterValue", "New size cannot be smaller than existing size"):
        ec2.modify_volume(VolumeId=volume, Size=5)
    with aws_refuses("InvalidParameterValue", "65537"):
        ec2.modify_volume(VolumeId=volume, Size=65_537)
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"] == 6


def test_what_cannot_hold_a_volume_is_refused(ec2: Any, subnet: str) -> None:
    """An instance of another zone, a device name that is taken, and an instance that is gone."""
    instance = launch(ec2, SubnetId=subnet)["InstanceId"]
    ec2.attach_volume(VolumeId=create_volume(ec2), InstanceId=instance, Device="/dev/sdf")
    for volume, device, code in (
        (create_volume(ec2, "eu-west-3a"), "/dev/sdg", "InvalidVolume.ZoneMismatch"),
        (create_volume(ec2), "/dev/sdf", "InvalidParameterValue"),
    ):
        with aws_refuses(code):
            ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)
    ec2.terminate_instances(InstanceIds=[instance])
    with aws_refuses("IncorrectState"):
        ec2.attach_volume(VolumeId=create_volume(ec2), InstanceId=instance, Device="/dev/sdh")


def test_gp3_has_the_throughput_that_it_comes_with(ec2: Any) -> None:
    [volume] = ec2.describe_volumes(VolumeIds=[create_volume(ec2, VolumeType="gp3")])["Volumes"]
    assert (volume["Iops"], volume["Throughput"]) == (3000, 125)


def test_a_type_that_does_not_exist_is_refused(ec2: Any, subnet: str) -> None:
    """In a launch, in a launch by a template, and in the change of an instance, which must be stopped for it."""
    image = images(ec2, DEBIAN, "debian-12-arm64-*")[0]["ImageId"]
    with aws_refuses("InvalidParameterValue", "'t4g.tiny' for InstanceType"):
        ec2.run_instances(ImageId=image, InstanceType="t4g.tiny", MinCount=1, MaxCount=1, SubnetId=subnet)
    data = {"ImageId": image, "InstanceType": "t4g.tiny"}
    ec2.create_launch_template(LaunchTemplateName="tiny", LaunchTemplateData=data)
    with aws_refuses("InvalidParameterValue", "'t4g.tiny' for InstanceType"):
        ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "tiny"}, MinCount=1, MaxCount=1, SubnetId=subnet)
    started = launch(ec2, SubnetId=subnet)["InstanceId"]
    with aws_refuses("IncorrectInstanceState", started):
        ec2.modify_instance_attribute(InstanceId=started, InstanceType={"Value": "t4g.medium"})
    ec2.stop_instances(InstanceIds=[started])
    with aws_refuses("InvalidInstanceAttributeValue", "t4g.tiny"):
        ec2.modify_instance_attribute(InstanceId=started, InstanceType={"Value": "t4g.tiny"})
    ec2.modify_instance_attribute(InstanceId=started, InstanceType={"Value": "t4g.medium"})


def test_a_type_of_another_processor_than_the_image_is_refused(ec2: Any, subnet: str) -> None:
    image = images(ec2, DEBIAN, "debian-12-arm64-*")[0]["ImageId"]
    with aws_refuses("InvalidParameterValue", "architecture 'x86_64' of the specified instance type does not match"):
        ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnet)


def test_a_type_of_other_regions_is_refused(ec2: Any, subnet: str) -> None:
    image = images(ec2, DEBIAN, "debian-12-arm64-*")[0]["ImageId"]
    with aws_refuses("Unsupported", "c7gn.large is not offered in eu-west-3"):
        ec2.run_instances(ImageId=image, InstanceType="c7gn.large", MinCount=1, MaxCount=1, SubnetId=subnet)


def test_instances_of_windows_are_found_by_their_platform(ec2: Any, subnet: str) -> None:
    launch(ec2, SubnetId=subnet)
    image = images(ec2, "amazon", "Windows_Server-2022-English-Full-Base-*")[0]["ImageId"]
    windows = ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnet)
    found = ec2.describe_instances(Filters=[{"Name": "platform", "Values": ["windows"]}])["Reservations"]
    assert [each["InstanceId"] for reservation in found for each in reservation["Instances"]] == [
        windows["Instances"][0]["InstanceId"]
    ]
