"""EC2 instances."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications
from sandbox.provider.aws.ec2.volumes import instance_state, modify, volume

METADATA_OPTIONS = Shape(
    {
        "httpEndpoint": Leaf("HttpEndpoint", default="enabled"),
        "httpTokens": Leaf("HttpTokens", computed=True),
        "httpPutResponseHopLimit": Leaf("HttpPutResponseHopLimit", computed=True),
        "httpProtocolIpv6": Leaf("HttpProtocolIpv6", default="disabled"),
        "instanceMetadataTags": Leaf("InstanceMetadataTags", default="disabled"),
    }
)
# What the launch takes; a volume as AWS describes it has the size under another name.
ROOT_AT_LAUNCH = {
    "volumeType": "VolumeType",
    "volumeSize": "VolumeSize",
    "encrypted": "Encrypted",
    "kmsKeyId": "KmsKeyId",
    "iops": "Iops",
    "throughput": "Throughput",
}
ROOT_VOLUME = Shape(
    {
        "volumeType": Leaf("VolumeType", computed=True),
        "volumeSize": Leaf("Size", computed=True),
        "encrypted": Leaf("Encrypted", default=False),
        "kmsKeyId": Leaf("KmsKeyId", computed=True),
        "iops": Leaf("Iops", computed=True),
        "throughput": Leaf("Throughput", computed=True),
        "tags": "Tags",
    }
)
_ROOT_NEEDS_A_NEW_INSTANCE = ("encrypted", "kmsKeyId")
_PRIMARY = Shape({"networkInterfaceId": "NetworkInterfaceId"})


@adapter
class Instance(TaggedEc2Adapter):
    token = "aws:ec2/instance:Instance"
    not_found = ("InvalidInstanceID.NotFound",)
    properties = {
        "ami": Property(required=True, replaces=True),
        "instanceType": Property(required=True),
        "iamInstanceProfile": Property(),
        "availabilityZone": Property(computed=True, replaces=True),
        "subnetId": Property(computed=True, replaces=True),
        "privateIp": Property(computed=True, replaces=True),
        "vpcSecurityGroupIds": Property(computed=True, unordered=True),
        "primaryNetworkInterface": Property(replaces=True),
        "metadataOptions": Property(computed=True),
        "rootBlockDevice": Property(computed=True),
        "userDataBase64": Property(replaces=True),
        "userDataReplaceOnChange": Property(default=False, kept="Said of how to change it."),
        "tags": TAGS,
    }
    outputs = ("arn", "instanceState", "primaryNetworkInterfaceId", "privateDns", "publicDns", "publicIp")
    emulation = "It runs nothing: its user data is kept, and never executed."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        problems = [
            *METADATA_OPTIONS.unknown_keys(inputs.get("metadataOptions"), "metadataOptions"),
            *ROOT_VOLUME.unknown_keys(inputs.get("rootBlockDevice"), "rootBlockDevice"),
            *_PRIMARY.unknown_keys(inputs.get("primaryNetworkInterface"), "primaryNetworkInterface"),
        ]
        if "userDataBase64" in inputs and not inputs.get("userDataReplaceOnChange"):
            reason = "got false, expected true: the sandbox changes user data only by replacing"
            problems.append(("userDataReplaceOnChange", reason))
        if "primaryNetworkInterface" in inputs:
            conflicts = inputs.keys() & {"subnetId", "privateIp", "vpcSecurityGroupIds"}
            problems += [
                (name, "got a value, expected none beside primaryNetworkInterface") for name in sorted(conflicts)
            ]
        return problems

    def create(self, aws: Aws, inputs: Values) -> str:
        ec2 = aws.client("ec2")
        root = inputs.get("rootBlockDevice")
        launch: Values = arguments(
            inputs,
            {
                "ami": "ImageId",
                "instanceType": "InstanceType",
                "subnetId": "SubnetId",
                "privateIp": "PrivateIpAddress",
                "vpcSecurityGroupIds": "SecurityGroupIds",
            },
        )
        if inputs.get("availabilityZone"):
            launch["Placement"] = {"AvailabilityZone": inputs["availabilityZone"]}
        if inputs.get("iamInstanceProfile"):
            launch["IamInstanceProfile"] = {"Name": inputs["iamInstanceProfile"]}
        if inputs.get("primaryNetworkInterface"):
            launch["NetworkInterfaces"] = [{"DeviceIndex": 0, **_PRIMARY.to_aws(inputs["primaryNetworkInterface"])}]
        if inputs.get("metadataOptions"):
            launch["MetadataOptions"] = METADATA_OPTIONS.to_aws(inputs["metadataOptions"])
        if inputs.get("userDataBase64"):
            # boto3 encodes it once more.
            launch["UserData"] = base64.b64decode(inputs["userDataBase64"])
        if root:
            launch["BlockDeviceMappings"] = [
                {"DeviceName": _root_device(aws, inputs["ami"]), "Ebs": _root_at_launch(root)}
            ]
        tagged = tag_specifications("instance", inputs)
        if root and root.get("tags"):
            tagged.append({"ResourceType": "volume", "Tags": tags.to_records(root["tags"])})
        answer = ec2.run_instances(MinCount=1, MaxCount=1, TagSpecifications=tagged, **launch)
        return str(answer["Instances"][0]["InstanceId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(f"instance {id} to run", lambda: instance_state(aws, id) == "running")

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = _describe(aws, id)
        if found["State"]["Name"] in ("shutting-down", "terminated"):
            return None
        first = found["NetworkInterfaces"][0]
        outlives_it = not first["Attachment"]["DeleteOnTermination"]
        user_data = aws.client("ec2").describe_instance_attribute(InstanceId=id, Attribute="userData")["UserData"]
        return {
            "ami": found["ImageId"],
            "instanceType": found["InstanceType"],
            # The ARN of a profile ends in its name.
            "iamInstanceProfile": found.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2],
            "availabilityZone": found["Placement"]["AvailabilityZone"],
            "subnetId": found["SubnetId"],
            "privateIp": found["PrivateIpAddress"],
            "vpcSecurityGroupIds": [group["GroupId"] for group in found["SecurityGroups"]],
            "primaryNetworkInterface": _PRIMARY.from_aws(first) if outlives_it else None,
            "metadataOptions": METADATA_OPTIONS.from_aws(found["MetadataOptions"], state.get("metadataOptions")),
            "rootBlockDevice": _root(aws, found, state.get("rootBlockDevice")),
            "userDataBase64": user_data.get("Value"),
            "tags": tags.from_records(found.get("Tags")),
            "arn": arn(aws, "instance", id),
            "instanceState": found["State"]["Name"],
            "primaryNetworkInterfaceId": first["NetworkInterfaceId"],
            "privateDns": found["PrivateDnsName"],
            "publicDns": found.get("PublicDnsName", ""),
            "publicIp": found.get("PublicIpAddress", ""),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        ec2 = aws.client("ec2")
        if "vpcSecurityGroupIds" in changed:
            ec2.modify_instance_attribute(InstanceId=id, Groups=new["vpcSecurityGroupIds"])
        if "metadataOptions" in changed:
            options = METADATA_OPTIONS.to_aws(new["metadataOptions"], old.get("metadataOptions"))
            ec2.modify_instance_metadata_options(InstanceId=id, **options)
        if "rootBlockDevice" in changed:
            _change_root(aws, _describe(aws, id), old.get("rootBlockDevice", {}), new["rootBlockDevice"])
        if "iamInstanceProfile" in changed:
            _change_profile(aws, id, new.get("iamInstanceProfile"))
        if "instanceType" in changed:
            ec2.stop_instances(InstanceIds=[id])
            aws.wait(f"instance {id} to stop", lambda: instance_state(aws, id) == "stopped")
            ec2.modify_instance_attribute(InstanceId=id, InstanceType={"Value": new["instanceType"]})
            ec2.start_instances(InstanceIds=[id])
            self.configure(aws, id, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").terminate_instances(InstanceIds=[id])
        # Its interface and its security group are free only then.
        aws.wait(f"instance {id} to be terminated", lambda: instance_state(aws, id) == "terminated")


def _describe(aws: Aws, id: str) -> dict[str, Any]:
    [reservation] = aws.client("ec2").describe_instances(InstanceIds=[id])["Reservations"]
    found: dict[str, Any] = reservation["Instances"][0]
    return found


def _root_device(aws: Aws, image_id: str) -> str:
    # An image that was deregistered a short while ago is an empty answer, not yet an error ("DescribeImages").
    images = aws.client("ec2").describe_images(ImageIds=[image_id])["Images"]
    if not images:
        raise ValueError(f"expected 1 AMI for ID: {image_id}, got none")
    return str(images[0]["RootDeviceName"])


def _root_at_launch(root: Values) -> Values:
    return {"DeleteOnTermination": True, **arguments(root, ROOT_AT_LAUNCH)}


def _root_volume_id(instance: dict[str, Any]) -> str | None:
    for mapping in instance["BlockDeviceMappings"]:
        if mapping["DeviceName"] == instance["RootDeviceName"]:
            return str(mapping["Ebs"]["VolumeId"])
    return None


def _root(aws: Aws, instance: dict[str, Any], said: Values | None) -> Values | None:
    id = _root_volume_id(instance)
    if id is None:
        return None
    found = volume(aws, id)
    return ROOT_VOLUME.from_aws({**found, "Tags": tags.from_records(found.get("Tags")) or None}, said)


def _change_root(aws: Aws, instance: dict[str, Any], old: Values, new: Values) -> None:
    """Change the root volume where it is. Raises ``ValueError`` for what only a new instance can have."""
    fixed = [name for name in _ROOT_NEEDS_A_NEW_INSTANCE if old.get(name) != new.get(name)]
    if fixed:
        raise ValueError(f"rootBlockDevice.{fixed[0]} cannot change: replace the instance (pulumi up --replace URN)")
    id = _root_volume_id(instance)
    if id is None:
        raise ValueError(f"instance {instance['InstanceId']} has no root volume")
    changes = arguments(
        {name: value for name, value in new.items() if old.get(name) != value},
        {"volumeType": "VolumeType", "volumeSize": "Size", "iops": "Iops", "throughput": "Throughput"},
    )
    if changes:
        modify(aws, id, changes)
    ec2 = aws.client("ec2")
    before, after = old.get("tags") or {}, new.get("tags") or {}
    if gone := before.keys() - after.keys():
        ec2.delete_tags(Resources=[id], Tags=[{"Key": key} for key in sorted(gone)])
    if after:
        ec2.create_tags(Resources=[id], Tags=tags.to_records(after))


def _change_profile(aws: Aws, id: str, name: str | None) -> None:
    ec2 = aws.client("ec2")
    associations = ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [id]}])
    for association in associations["IamInstanceProfileAssociations"]:
        ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    if name:
        ec2.associate_iam_instance_profile(InstanceId=id, IamInstanceProfile={"Name": name})
