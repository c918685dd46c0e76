"""Instances: their image, groups and zone of their first network interface, single attributes, monitoring, console,
termination."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.models.instances import Instance, InstanceBackend, MetadataOptions
from moto.ec2.responses import EC2Response
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import filter_dict_attribute_mapping
from moto.elbv2.models import elbv2_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.instance_types import Offer, exists, is_offered, processors
from sandbox.emulator.patching import operation, patch

_CONSOLE = "The embedded AWS boots no kernel, so this console is empty. On AWS it shows what the boot prints."

_WHILE_STOPPED = {"ebs_optimized", "instance_type", "kernel", "user_data"}
"""Attributes that EC2 changes of a stopped instance only ("ModifyInstanceAttribute")."""

# moto lacks this filter of DescribeInstances. Its value is `windows`, and no other instance passes it.
filter_dict_attribute_mapping["platform"] = "platform"


@patch(
    "moto.ec2.models.instances:Instance.__init__",
    sha256="8d1fc6f95c9a256bee1cdd6e3cd685d082deaaace4b36f359d29faeec38fbbcc",
    upstream="An instance launched on a network interface has neither the groups nor the zone of that interface.",
)
def _init(original: Any, instance: Instance, *args: Any, **kwargs: Any) -> None:
    """An instance gets the groups and the zone of its first interface.

    An interface that the launch makes is deleted with the instance, unless the request says otherwise.
    """
    original(instance, *args, **kwargs)
    given = {int(nic["DeviceIndex"]): nic for nic in kwargs.get("nics", [])}
    for index, interface in instance.nics.items():
        asked_for = given.get(index, {})
        if not asked_for.get("NetworkInterfaceId"):
            interface.delete_on_termination = asked_for.get("DeleteOnTermination", True)
    if instance.nics:
        first = instance.nics[min(instance.nics)]
        instance._placement.zone = first.subnet.availability_zone
        if not instance.security_groups:
            instance.security_groups = list(first._group_set)


@patch(
    "moto.ec2.models.instances:InstanceBackend.run_instances",
    sha256="39d405c931db17e9031b47f7768f82c68f1f606eaa291c85cd835917d04123f2",
    upstream="An instance starts of a type that does not exist, from an image of another processor or a withdrawn one.",
)
def _run(original: Any, backend: InstanceBackend, image_id: str, *args: Any, **kwargs: Any) -> Any:
    """No instance without its image and its type, whether the request or its launch template names them."""
    ec2: Any = backend
    template = kwargs.get("launch_template")
    named = image_id or (ec2._get_template_from_args(template).image_id if template else None)
    if named and named not in ec2.amis:
        raise InvalidAMIIdError([named])
    kind = None if kwargs.get("is_instance_type_default") else kwargs.get("instance_type")
    if kind is None and template:
        kind = ec2._get_template_from_args(template).data.get("InstanceType")
    if kind is not None:
        _check_type(kind, backend.region_name)
        _check_processor(kind, ec2.amis.get(named))
    return original(backend, image_id, *args, **kwargs)


def _check_type(kind: str, region: str) -> None:
    if not exists(Offer.EC2, kind):
        raise AwsError("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
    if not is_offered(Offer.EC2, kind, region):
        raise AwsError(
            "Unsupported",
            "The requested configuration is currently not supported. Please check the documentation for supported "
            f"configurations. {kind} is not offered in {region}.",
        )


def _check_processor(kind: str, image: Any) -> None:
    """Types that are newer than moto's list, and images that do not say theirs, fit any other."""
    of_type, of_image = processors(kind), getattr(image, "architecture", None)
    if of_type and of_image and of_image not in of_type:
        raise AwsError(
            "InvalidParameterValue",
            f"The architecture '{','.join(of_type)}' of the specified instance type does not match the architecture "
            f"'{of_image}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, "
            "and try again.",
        )


@patch(
    "moto.ec2.models.instances:InstanceBackend.modify_instance_attribute",
    sha256="b9767f1c977ec57141bc820a9378384d50255c967ff493f08e6f64241bb54f8a",
    upstream="ModifyInstanceAttribute sets a type that does not exist, and changes what only a stopped instance may.",
)
def _modify(original: Any, backend: InstanceBackend, instance_id: str, key: str, value: Any) -> Instance:
    if key == "instance_type" and not exists(Offer.EC2, value):
        raise AwsError("InvalidInstanceAttributeValue", f"Invalid value '{value}' for InstanceType.")
    if key in _WHILE_STOPPED and backend.get_instance(instance_id).state != "stopped":
        raise AwsError("IncorrectInstanceState", f"The instance '{instance_id}' is not in the 'stopped' state.")
    return original(backend, instance_id, key, value)


@patch(
    "moto.ec2.responses.instances:InstanceResponse._security_grp_instance_attribute_handler",
    sha256="befcdef2ebf4487bab632bab8e69a7dc4831129b730b6d8c1bb3bee53a55f897",
    upstream="ModifyInstanceAttribute with an attribute unknown to moto removes the instance's security groups.",
)
def _security_groups(original: Any, response: InstanceResponse) -> bool:
    """Set the security groups if the request names some, or else the shutdown behaviour."""
    if response._get_param("Groups"):
        return bool(original(response))
    behaviour = response._get_param("InstanceInitiatedShutdownBehavior.Value")
    if behaviour:
        instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
        instance.instance_initiated_shutdown_behavior = behaviour
    return bool(behaviour)


@patch(
    "moto.ec2.models.instances:InstanceBackend.terminate_instances",
    sha256="8d99f76ef9f3e3f9326a715afaed753a2a36abf9dab6b03d5a4b4fd7054b0de2",
    upstream="An instance that Auto Scaling terminates stays registered in its target groups.",
)
def _terminate(original: Any, backend: InstanceBackend, instance_ids: list[str]) -> Any:
    """A terminated instance leaves its target groups, whoever terminates it."""
    terminated = original(backend, instance_ids)
    ec2: Any = backend
    elbv2_backends[ec2.account_id][ec2.region_name].notify_terminate_instances(instance_ids)
    return terminated


@patch(
    "moto.ec2.models.instances:MetadataOptions.__init__",
    sha256="0ae59ba9487268fe0e769367610d6e497bb70287d82cd4759cf0a9e4de502e76",
    upstream="An instance of a launch template has no HttpEndpoint, HttpProtocolIpv6 and InstanceMetadataTags.",
)
def _metadata_options(original: Any, metadata: MetadataOptions, options: dict[str, Any] | None = None) -> None:
    """What a launch template does not say has AWS's default."""
    original(metadata, {name: value for name, value in (options or {}).items() if value is not None})


@operation(EC2Response)
def get_console_output(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    """One line, in place of moto's boot of a Xen kernel of 2006."""
    instance = response.ec2_backend.get_instance(parameters["InstanceId"])
    text = b64encode(f"{_CONSOLE}\n".encode()).decode()
    return {"InstanceId": instance.id, "Timestamp": datetime.now(UTC), "Output": text}


@operation(EC2Response)
def monitor_instances(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    return _set_monitoring(response, parameters["InstanceIds"], "enabled")


@operation(EC2Response)
def unmonitor_instances(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    return _set_monitoring(response, parameters["InstanceIds"], "disabled")


def _set_monitoring(response: EC2Response, ids: list[str], state: str) -> dict[str, Any]:
    for id_ in ids:
        response.ec2_backend.get_instance(id_).monitoring_state = state
    return {"InstanceMonitorings": [{"InstanceId": id_, "Monitoring": {"State": state}} for id_ in ids]}
