"""The instances of an environment: security group, launch template, Auto Scaling group, alarms, Elastic IP address.

All are real resources of other services, made through their APIs, as Beanstalk makes them through CloudFormation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.autoscaling.models import autoscaling_backends

from sandbox.emulator.elasticbeanstalk.configuration import GROUP, LAUNCH, Configuration
from sandbox.emulator.elasticbeanstalk.names import resource_name, stack_name, tag_list
from sandbox.emulator.in_process import client
from sandbox.emulator.instance_types import processors

_TRIGGER = "aws:autoscaling:trigger"


class Capacity:
    """The resources that run an environment's code."""

    def __init__(self, *, region: str, account: str, environment_id: str, vpc_id: str, subnets: list[str]) -> None:
        self._region = region
        self._account = account
        self._stack = stack_name(environment_id)
        self.vpc_id = vpc_id
        self.subnets = subnets
        self.security_group_id: str | None = None
        self.launch_template_id: str | None = None
        self.group_name: str | None = None
        self.alarm_names: list[str] = []
        self.elastic_ip: tuple[str, str] | None = None  # allocation id, address
        self._applied: tuple[int, int] | None = None

    def _client(self, service: str) -> Any:
        return client(service, self._region, self._account)

    def create(
        self,
        configuration: Configuration,
        tags: Mapping[str, str],
        target_group_arns: list[str],
        load_balancer_security_groups: list[str],
    ) -> None:
        """Create all resources and start the instances."""
        if not configuration.flag(LAUNCH, "DisableDefaultEC2SecurityGroup"):
            self._create_security_group(tags, load_balancer_security_groups)
        self.launch_template_id = self._client("ec2").create_launch_template(
            LaunchTemplateName=resource_name(self._stack, "AWSEBEC2LaunchTemplate"),
            LaunchTemplateData=self._launch_data(configuration, tags),
            TagSpecifications=[{"ResourceType": "launch-template", "Tags": tag_list(tags)}],
        )["LaunchTemplate"]["LaunchTemplateId"]
        minimum, maximum = self._applied = self._size(configuration)
        self.group_name = resource_name(self._stack, "AWSEBAutoScalingGroup")
        self._client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=self.group_name,
            LaunchTemplate={"LaunchTemplateId": self.launch_template_id, "Version": "$Latest"},
            MinSize=minimum,
            MaxSize=maximum,
            DesiredCapacity=minimum,
            DefaultCooldown=configuration.integer(GROUP, "Cooldown"),
            VPCZoneIdentifier=",".join(self.subnets),
            TargetGroupARNs=target_group_arns,
            Tags=self._group_tags(tags),
        )
        if configuration.is_load_balanced():
            self._create_scaling(configuration)
        else:
            self._create_elastic_ip(tags)

    def update(self, configuration: Configuration, tags: Mapping[str, str], *, replace_instances: bool) -> None:
        """Apply a changed configuration, and replace the instances if that is needed.

        As CloudFormation, it leaves the group's sizes alone if those of the configuration are as before: somebody may
        have set others in Auto Scaling.
        """
        self._client("ec2").create_launch_template_version(
            LaunchTemplateId=self.launch_template_id, LaunchTemplateData=self._launch_data(configuration, tags)
        )
        sizes: dict[str, int] = {}
        if (applied := self._size(configuration)) != self._applied:
            minimum, maximum = self._applied = applied
            desired = min(max(len(self.instances()), minimum), maximum)
            sizes = {"MinSize": minimum, "MaxSize": maximum, "DesiredCapacity": desired}
        self._client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=self.group_name,
            LaunchTemplate={"LaunchTemplateId": self.launch_template_id, "Version": "$Latest"},
            **sizes,
        )
        if replace_instances:
            self.replace([instance["InstanceId"] for instance in self.instances()])

    def replace(self, instance_ids: list[str]) -> None:
        """Terminate instances. The group starts as many new ones."""
        for instance_id in instance_ids:
            self._client("autoscaling").terminate_instance_in_auto_scaling_group(
                InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
            )
        self.associate_elastic_ip()

    def grow(self, by: int) -> list[str]:
        """Start more instances, above the maximum of the group if needed. Returns their ids."""
        before = {instance["InstanceId"] for instance in self.instances()}
        group = self._group()
        self._client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=self.group_name,
            MaxSize=max(group["MaxSize"], len(before) + by),
            DesiredCapacity=len(before) + by,
        )
        return [i["InstanceId"] for i in self.instances() if i["InstanceId"] not in before]

    def retire(self, instance_ids: list[str], configuration: Configuration) -> None:
        """Terminate instances and restore the configured sizes of the group."""
        autoscaling = self._client("autoscaling")
        for instance_id in instance_ids:
            autoscaling.terminate_instance_in_auto_scaling_group(
                InstanceId=instance_id, ShouldDecrementDesiredCapacity=True
            )
        minimum, maximum = self._size(configuration)
        autoscaling.update_auto_scaling_group(AutoScalingGroupName=self.group_name, MinSize=minimum, MaxSize=maximum)

    def delete(self) -> None:
        """Delete all resources; one that is already gone is no error."""
        ec2 = self._client("ec2")
        if self.group_name:
            with contextlib.suppress(ClientError):
                self._client("autoscaling").delete_auto_scaling_group(
                    AutoScalingGroupName=self.group_name, ForceDelete=True
                )
        if self.elastic_ip:
            with contextlib.suppress(ClientError):
                ec2.release_address(AllocationId=self.elastic_ip[0])
        if self.launch_template_id:
            with contextlib.suppress(ClientError):
                ec2.delete_launch_template(LaunchTemplateId=self.launch_template_id)
        if self.security_group_id:
            with contextlib.suppress(ClientError):
                ec2.delete_security_group(GroupId=self.security_group_id)
        if self.alarm_names:
            self._client("cloudwatch").delete_alarms(AlarmNames=self.alarm_names)
        self.group_name = self.elastic_ip = self.launch_template_id = self.security_group_id = None
        self.alarm_names = []

    def retag(self, tags: Mapping[str, str], removed: list[str]) -> None:
        """Change the tags of all resources."""
        instances = [instance["InstanceId"] for instance in self.instances()]
        made = [i for i in (self.security_group_id, self.launch_template_id, *instances) if i]
        ec2 = self._client("ec2")
        ec2.create_tags(Resources=made, Tags=tag_list(tags))
        self._client("autoscaling").create_or_update_tags(Tags=self._group_tags(tags))
        if removed:
            ec2.delete_tags(Resources=made, Tags=[{"Key": key} for key in removed])
            self._client("autoscaling").delete_tags(Tags=self._group_tags(dict.fromkeys(removed, "")))

    def instances(self) -> list[dict[str, Any]]:
        """The instances, as Auto Scaling describes them."""
        return list(self._group().get("Instances", ())) if self.group_name else []

    def running(self) -> list[Any]:
        """moto's objects of the instances that are starting or running: read without a request, so at no cost."""
        groups = autoscaling_backends[self._account][self._region].autoscaling_groups
        group = groups.get(self.group_name) if self.group_name else None
        instances = [state.instance for state in group.instance_states] if group else []
        return [instance for instance in instances if instance.state in ("pending", "running")]

    def launched_at(self, instance_id: str) -> datetime | None:
        return next((instance.launch_time for instance in self.running() if instance.id == instance_id), None)

    def _group(self) -> dict[str, Any]:
        described = self._client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[self.group_name])
        groups: list[dict[str, Any]] = described["AutoScalingGroups"]
        return groups[0] if groups else {}

    def _size(self, configuration: Configuration) -> tuple[int, int]:
        if not configuration.is_load_balanced():
            return 1, 1
        return configuration.integer(GROUP, "MinSize"), configuration.integer(GROUP, "MaxSize")

    def _group_tags(self, tags: Mapping[str, str]) -> list[dict[str, Any]]:
        about = {"ResourceId": self.group_name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
        return [{**tag, **about} for tag in tag_list(tags)]

    def _create_security_group(self, tags: Mapping[str, str], sources: list[str]) -> None:
        """The group that allows port 80, from the load balancer or else from any address."""
        ec2 = self._client("ec2")
        self.security_group_id = ec2.create_security_group(
            GroupName=resource_name(self._stack, "AWSEBSecurityGroup"),
            Description="SecurityGroup for ElasticBeanstalk environment.",
            VpcId=self.vpc_id,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tag_list(tags)}],
        )["GroupId"]
        permission: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
        if sources:
            permission["UserIdGroupPairs"] = [{"GroupId": source} for source in sources]
        else:
            permission["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
        ec2.authorize_security_group_ingress(GroupId=self.security_group_id, IpPermissions=[permission])

    def _launch_data(self, configuration: Configuration, tags: Mapping[str, str]) -> dict[str, Any]:
        types = configuration.given("aws:ec2:instances", "InstanceTypes") or configuration.given(LAUNCH, "InstanceType")
        types = types or configuration.text("aws:ec2:instances", "InstanceTypes")
        own = [self.security_group_id] if self.security_group_id else []
        first = types.split(",")[0].strip()
        data: dict[str, Any] = {
            "ImageId": configuration.given(LAUNCH, "ImageId") or self._default_image(first),
            "InstanceType": first,
            "SecurityGroupIds": [*configuration.items(LAUNCH, "SecurityGroups"), *own],
            "MetadataOptions": {
                "HttpTokens": "required" if configuration.flag(LAUNCH, "DisableIMDSv1") else "optional",
                "HttpPutResponseHopLimit": 2,
            },
            "Monitoring": {"Enabled": configuration.value(LAUNCH, "MonitoringInterval") == "1 minute"},
            "TagSpecifications": [{"ResourceType": kind, "Tags": tag_list(tags)} for kind in ("instance", "volume")],
        }
        if profile := configuration.given(LAUNCH, "IamInstanceProfile"):
            data["IamInstanceProfile"] = {"Arn" if profile.startswith("arn:") else "Name": profile}
        if key := configuration.given(LAUNCH, "EC2KeyName"):
            data["KeyName"] = key
        if root := _root_volume(configuration):
            data["BlockDeviceMappings"] = [{"DeviceName": "/dev/xvda", "Ebs": root}]
        return data

    def _default_image(self, instance_type: str) -> str:
        """The newest image of Amazon Linux 2023 for the type's processor, in the place of Beanstalk's own."""
        filters = {"name": ["al2023-ami-*"]}
        if found := processors(instance_type):
            filters["architecture"] = found
        images: list[dict[str, Any]] = self._client("ec2").describe_images(
            Owners=["amazon"], Filters=[{"Name": name, "Values": values} for name, values in filters.items()]
        )["Images"]
        return str(max(images, key=lambda image: image["CreationDate"])["ImageId"])

    def _create_scaling(self, configuration: Configuration) -> None:
        """Create the two alarms of the scaling trigger, each with its policy."""
        for side, direction, level, comparison in (
            ("Upper", "Up", "High", "GreaterThanThreshold"),
            ("Lower", "Down", "Low", "LessThanThreshold"),
        ):
            policy = self._client("autoscaling").put_scaling_policy(
                AutoScalingGroupName=self.group_name,
                PolicyName=resource_name(self._stack, f"AWSEBAutoScalingScale{direction}Policy"),
                AdjustmentType="ChangeInCapacity",
                ScalingAdjustment=configuration.integer(_TRIGGER, f"{side}BreachScaleIncrement"),
            )["PolicyARN"]
            name = resource_name(self._stack, f"AWSEBCloudwatchAlarm{level}")
            self._client("cloudwatch").put_metric_alarm(
                AlarmName=name,
                AlarmDescription=f"ElasticBeanstalk Default Scale {direction} alarm",
                Namespace="AWS/EC2",
                MetricName=configuration.text(_TRIGGER, "MeasureName"),
                Dimensions=[{"Name": "AutoScalingGroupName", "Value": self.group_name}],
                Statistic=configuration.text(_TRIGGER, "Statistic"),
                Unit=configuration.text(_TRIGGER, "Unit"),
                Period=60 * configuration.integer(_TRIGGER, "Period"),
                EvaluationPeriods=configuration.integer(_TRIGGER, "EvaluationPeriods"),
                Threshold=configuration.integer(_TRIGGER, f"{side}Threshold"),
                ComparisonOperator=comparison,
                AlarmActions=[policy],
            )
            self.alarm_names.append(name)

    def _create_elastic_ip(self, tags: Mapping[str, str]) -> None:
        allocated = self._client("ec2").allocate_address(
            Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tag_list(tags)}]
        )
        self.elastic_ip = (allocated["AllocationId"], allocated["PublicIp"])
        self.associate_elastic_ip()

    def associate_elastic_ip(self) -> None:
        """Give the address of a single-instance environment to its instance, if both are there."""
        if self.elastic_ip and self.running():
            self._client("ec2").associate_address(
                AllocationId=self.elastic_ip[0],
                InstanceId=self.instances()[0]["InstanceId"],
                AllowReassociation=True,
            )


def _root_volume(configuration: Configuration) -> dict[str, Any]:
    """The root volume for a launch template; empty if no option sets it."""
    size, kind = configuration.given(LAUNCH, "RootVolumeSize"), configuration.given(LAUNCH, "RootVolumeType")
    iops, throughput = (configuration.given(LAUNCH, name) for name in ("RootVolumeIOPS", "RootVolumeThroughput"))
    if not (size or kind):
        return {}
    volume: dict[str, Any] = {"DeleteOnTermination": True, "VolumeSize": int(size or 10)}
    volume |= {"VolumeType": kind} if kind else {}
    volume |= {"Iops": int(iops)} if iops else {}
    return volume | ({"Throughput": int(throughput)} if throughput else {})
