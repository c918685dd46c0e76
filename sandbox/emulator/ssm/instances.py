"""The instances that Systems Manager's agent manages."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.fleet.registration import FLEET
from sandbox.emulator.in_process import client
from sandbox.emulator.patching import operation

AGENT_POLICIES = {"AmazonSSMManagedInstanceCore", "AmazonSSMManagedEC2InstanceDefaultPolicy"}
"""An instance's role needs one of them for its agent to register ("Configure instance permissions required for Systems
Manager")."""
_BUILDS = {"2019": "10.0.17763", "2022": "10.0.20348", "2025": "10.0.26100"}
"""Of Windows Server's releases ("Windows Server release information")."""
_OF_BEANSTALK = "elasticbeanstalk:environment-name"


@operation(SimpleSystemManagerResponse)
def describe_instance_information(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The running instances whose role lets their agent register. Without a host, the agent has no connection."""
    ec2 = client("ec2", response.region, response.current_account)
    running = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    managed = [
        instance
        for reservation in running["Reservations"]
        for instance in reservation["Instances"]
        if _may_register(response, instance)
    ]
    used = [{"Name": "image-id", "Values": [instance["ImageId"] for instance in managed]}]
    images = {image["ImageId"]: image["Name"] for image in ec2.describe_images(Filters=used)["Images"]}
    every = [{**_managed(instance), **_system(images.get(instance["ImageId"], ""))} for instance in managed]
    filters = [(each["Key"], each["Values"]) for each in parameters.get("Filters", [])]
    filters += [(each["key"], each["valueSet"]) for each in parameters.get("InstanceInformationFilterList", [])]
    kept = [each for each in every if all(_has(each, key, values) for key, values in filters)]
    return {"InstanceInformationList": kept}


@operation(SimpleSystemManagerResponse)
def describe_instance_patch_states(
    _response: SimpleSystemManagerResponse, _parameters: dict[str, Any]
) -> dict[str, Any]:
    """None: AWS lists instances that Patch Manager has looked at, and here it looks at none."""
    return {"InstancePatchStates": []}


@operation(SimpleSystemManagerResponse)
def get_connection_status(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    target = parameters["Target"]
    return {"Target": target, "Status": "connected" if is_connected(response, target) else "notconnected"}


def is_connected(response: SimpleSystemManagerResponse, instance_id: str) -> bool:
    """Whether a session can start on an instance: its agent may register, and the fleet opens shells on it."""
    ec2 = client("ec2", response.region, response.current_account)
    running = [
        {"Name": "instance-id", "Values": [instance_id]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    return instance_id in FLEET.opens_shells_on and any(
        _may_register(response, instance)
        for reservation in ec2.describe_instances(Filters=running)["Reservations"]
        for instance in reservation["Instances"]
    )


def _managed(instance: dict[str, Any]) -> dict[str, Any]:
    is_windows = instance.get("Platform") == "windows"
    # To ask the fleet for each host would keep all other requests waiting. It runs Beanstalk's instances, all of them.
    is_host = FLEET.is_registered and (
        instance["InstanceId"] in FLEET.opens_shells_on
        or any(tag["Key"] == _OF_BEANSTALK for tag in instance.get("Tags", []))
    )
    return {
        "InstanceId": instance["InstanceId"],
        "PingStatus": "Online" if is_host else "ConnectionLost",
        "PlatformType": "Windows" if is_windows else "Linux",
        "ResourceType": "EC2Instance",
        "IPAddress": instance["PrivateIpAddress"],
        "RegistrationDate": instance["LaunchTime"],
    }


def _system(image_name: str) -> dict[str, str]:
    """What the agent says of the operating system: of an official image, since nothing runs."""
    if found := re.match(r"debian-(\d+)-", image_name):
        return {"PlatformName": "Debian GNU/Linux", "PlatformVersion": found[1]}
    if found := re.match(r"Windows_Server-(\d+)-", image_name):
        return {"PlatformName": f"Microsoft Windows Server {found[1]} Datacenter", "PlatformVersion": _BUILDS[found[1]]}
    return {}


def _has(instance: dict[str, Any], key: str, values: list[str]) -> bool:
    """Whether an instance passes a filter. Raises AWS's error for a key that is not known here."""
    members = {"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType"}
    if key not in members:
        raise AwsError("InvalidInstanceInformationFilterValue", f"The filter key {key} is not valid.")
    return instance[members[key]] in values


def _may_register(response: SimpleSystemManagerResponse, instance: dict[str, Any]) -> bool:
    """Whether the role of the instance has the managed policy that Session Manager asks for."""
    profile = instance.get("IamInstanceProfile")
    if profile is None:
        return False
    iam = client("iam", "us-east-1", response.current_account)
    try:
        found = iam.get_instance_profile(InstanceProfileName=profile["Arn"].rpartition("/")[2])
    except ClientError:  # the profile was deleted after the launch
        return False
    return any(
        policy["PolicyName"] in AGENT_POLICIES
        for role in found["InstanceProfile"]["Roles"]
        for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    )
