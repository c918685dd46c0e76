"""Auto Scaling: instances in all subnets of a group, with all that the launch template says, and their replacement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sandbox.emulator.fleet.registration import FLEET
from sandbox.emulator.fleet.ticker import TICKER
from sandbox.emulator.patching import patch


@patch(
    "moto.autoscaling.models:FakeAutoScalingGroup.replace_autoscaling_group_instances",
    sha256="8f206dbbb9411b9f072c5a30ac6ddf0a8f0f0374cc10ded333bfb32dfce3f2f3",
    upstream="A group's instances all start in its first subnet, without the template's profile and metadata options.",
)
def _launch(
    original: Callable[..., None], group: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]
) -> None:
    """Launch one at a time, each in the subnet with the fewest instances of the group."""
    subnets = group.vpc_zone_identifier
    for _ in range(count_needed):
        if subnets:
            used = Counter(state.instance.subnet_id for state in group.instance_states)
            group.vpc_zone_identifier = min(subnets.split(","), key=lambda subnet: used[subnet])
        try:
            original(group, 1, dict(propagated_tags))
        finally:
            group.vpc_zone_identifier = subnets
        if group.ec2_launch_template:
            _apply_template(group, group.instance_states[-1].instance)


def _apply_template(group: FakeAutoScalingGroup, instance: Any) -> None:
    """Set what moto's RunInstances reads from a request only, not from a template."""
    template = group.ec2_launch_template.get_version(group.launch_template_version).data
    if profile := template.get("IamInstanceProfile"):
        group.autoscaling_backend.ec2_backend.associate_iam_instance_profile(
            instance.id, iam_instance_profile_name=profile.get("Name"), iam_instance_profile_arn=profile.get("Arn")
        )
    if options := template.get("MetadataOptions"):
        group.autoscaling_backend.ec2_backend.modify_instance_metadata_options(
            instance.id, http_tokens=options.get("HttpTokens"), hop_limit=options.get("HttpPutResponseHopLimit")
        )
    if template.get("Monitoring", {}).get("Enabled") in (True, "true"):
        instance.monitoring_state = "enabled"


@patch(
    "moto.autoscaling.models:AutoScalingBackend.notify_terminate_instances",
    sha256="1672d8731b2a10b2f9fd79879de819e4d6a03619395754dd07a2488b45bc841c",
    upstream="An instance that replaces a terminated one of a group is not registered in its target groups.",
)
def _forget_terminated(original: Callable[..., None], backend: AutoScalingBackend, instance_ids: list[str]) -> None:
    """Replace terminated instances: at once, or with a fleet at the next tick, as AWS takes its time."""
    losing = [
        group
        for group in backend.autoscaling_groups.values()
        if any(state.instance.id in instance_ids for state in group.instance_states)
    ]
    if FLEET.is_registered:
        for group in losing:
            group.instance_states = [s for s in group.instance_states if s.instance.id not in instance_ids]
        return
    original(backend, instance_ids)
    for group in losing:
        backend.update_attached_target_groups(group.name)


def _replace_missing() -> bool:
    """Start what groups lack of their desired capacity. Returns whether that was anything."""
    lacking = [
        group
        for regions in list(autoscaling_backends.values())
        for backend in list(regions.values())
        for group in backend.autoscaling_groups.values()
        if len(group.active_instances()) < (group.desired_capacity or 0)
        and not any(process["ProcessName"] == "Launch" for process in group.suspended_processes)
    ]
    for group in lacking:
        group.set_desired_capacity(group.desired_capacity)
    return bool(lacking)


TICKER.tasks.append(_replace_missing)


@patch(
    "moto.autoscaling.responses:AutoScalingResponse.put_scaling_policy",
    sha256="03f1dc23e783c3a6fc5152b634d40a6afc16c0b27ccfd38d63eb8593fd5bc3f0",
    upstream="PutScalingPolicy answers PolicyArn instead of PolicyARN, which clients drop.",
)
def _put_scaling_policy(original: Callable[..., ActionResult], response: AutoScalingResponse) -> ActionResult:
    answer: Any = original(response).result
    return ActionResult({"PolicyARN": answer["PolicyArn"]})
