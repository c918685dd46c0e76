"""A network, a shared load balancer and an application with three versions, for the tests of Elastic Beanstalk."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws

STACK = "64bit Amazon Linux 2023 v4.13.13 running PHP 8.5"
APPLICATION = "magento"


def settings(namespace: str, values: dict[str, str]) -> list[dict[str, str]]:
    return [{"Namespace": namespace, "OptionName": name, "Value": value} for name, value in values.items()]


@dataclass(frozen=True, kw_only=True)
class Site:
    """What environments are made in, and the calls that the tests repeat."""

    aws: EmbeddedAws
    vpc_id: str
    subnets: list[str]
    load_balancer: str
    listener: str
    security_group: str

    @property
    def beanstalk(self) -> Any:
        return self.aws.client("elasticbeanstalk")

    def option_settings(self, rule: dict[str, str] | None = None, instances: int = 2) -> list[dict[str, str]]:
        """An environment behind the shared load balancer, deployed to one instance at a time."""
        rules = settings("aws:elbv2:listener:443", {"Rules": "site"}) if rule else []
        return [
            *settings(
                "aws:elasticbeanstalk:environment", {"LoadBalancerType": "application", "LoadBalancerIsShared": "true"}
            ),
            *settings(
                "aws:elbv2:loadbalancer",
                {"SharedLoadBalancer": self.load_balancer, "SecurityGroups": self.security_group},
            ),
            *rules,
            *settings("aws:elbv2:listenerrule:site", rule or {}),
            *settings("aws:ec2:vpc", {"VPCId": self.vpc_id, "Subnets": ",".join(self.subnets)}),
            *settings("aws:autoscaling:asg", {"MinSize": str(instances), "MaxSize": str(instances)}),
            *settings("aws:autoscaling:launchconfiguration", {"IamInstanceProfile": "site"}),
            *settings(
                "aws:elasticbeanstalk:environment:process:default", {"HealthCheckPath": "/health", "Port": "8080"}
            ),
            *settings(
                "aws:elasticbeanstalk:command",
                {"DeploymentPolicy": "Rolling", "BatchSizeType": "Fixed", "BatchSize": "1"},
            ),
            *settings("aws:elasticbeanstalk:healthreporting:system", {"SystemType": "enhanced"}),
        ]

    def create(self, name: str, rule: dict[str, str] | None = None, instances: int = 2, **more: Any) -> dict[str, Any]:
        """Make an environment that runs v1."""
        given = {
            "VersionLabel": "v1",
            "SolutionStackName": STACK,
            "OptionSettings": self.option_settings(rule, instances),
            **more,
        }
        created: dict[str, Any] = self.beanstalk.create_environment(
            ApplicationName=APPLICATION, EnvironmentName=name, **given
        )
        return created

    def environment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.beanstalk.describe_environments(EnvironmentNames=[name])["Environments"][0]
        return found

    def resources(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.beanstalk.describe_environment_resources(EnvironmentName=name)
        resources: dict[str, Any] = found["EnvironmentResources"]
        return resources

    def group(self, name: str) -> dict[str, Any]:
        """The Auto Scaling group of an environment."""
        named = self.resources(name)["AutoScalingGroups"][0]["Name"]
        described = self.aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[named])
        group: dict[str, Any] = described["AutoScalingGroups"][0]
        return group

    def in_service(self, name: str) -> set[str]:
        """The instances in the environment's target group."""
        arn = self.group(name)["TargetGroupARNs"][0]
        health = self.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {target["Target"]["Id"] for target in health}

    def versions(self, name: str) -> dict[str, tuple[str, str]]:
        """The version that each instance runs, and how its last deployment went."""
        healths = self.beanstalk.describe_instances_health(EnvironmentName=name, AttributeNames=["All"])
        return {
            health["InstanceId"]: (health["Deployment"]["VersionLabel"], health["Deployment"]["Status"])
            for health in healths["InstanceHealthList"]
        }

    def messages(self, name: str) -> list[str]:
        """The environment's events, oldest first."""
        events = self.beanstalk.describe_events(EnvironmentName=name)["Events"]
        return [event["Message"] for event in reversed(events)]

    def rules(self) -> list[tuple[str, list[str], list[str]]]:
        """Priority, hosts and paths of the listener's rules but the default one, in order of priority."""
        described = self.aws.client("elbv2").describe_rules(ListenerArn=self.listener)["Rules"]
        found: list[tuple[str, list[str], list[str]]] = []
        for rule in sorted((r for r in described if not r["IsDefault"]), key=lambda r: int(r["Priority"])):
            hosts = [host for c in rule["Conditions"] for host in c.get("HostHeaderConfig", {}).get("Values", [])]
            paths = [path for c in rule["Conditions"] for path in c.get("PathPatternConfig", {}).get("Values", [])]
            found.append((rule["Priority"], hosts, paths))
        return found

    def control(self, **wanted: Any) -> None:
        """Steer the embedded Beanstalk."""
        self.aws.post("/moto-api/elasticbeanstalk", json.dumps(wanted))


def bundle() -> bytes:
    """A source bundle."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.php", "<?php")
    return content.getvalue()


def build(aws: EmbeddedAws) -> Site:
    """Make everything that an environment needs."""
    ec2, elbv2, beanstalk = aws.client("ec2"), aws.client("elbv2"), aws.client("elasticbeanstalk")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = []
    for number, zone in enumerate("ab"):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        subnets.append(subnet["Subnet"]["SubnetId"])
    group = ec2.create_security_group(GroupName="load-balancer", Description="of the site", VpcId=vpc)["GroupId"]
    created = elbv2.create_load_balancer(Name="site", Subnets=subnets, SecurityGroups=[group], Type="application")
    load_balancer = created["LoadBalancers"][0]["LoadBalancerArn"]
    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = elbv2.create_listener(LoadBalancerArn=load_balancer, Port=443, Protocol="HTTP", DefaultActions=[refuse])[
        "Listeners"
    ][0]["ListenerArn"]
    aws.client("iam").create_instance_profile(InstanceProfileName="site")
    bucket = beanstalk.create_storage_location()["S3Bucket"]
    aws.client("s3").put_object(Bucket=bucket, Key="site.zip", Body=bundle())
    beanstalk.create_application(ApplicationName=APPLICATION)
    for label in ("v1", "v2", "v3"):
        beanstalk.create_application_version(
            ApplicationName=APPLICATION,
            VersionLabel=label,
            SourceBundle={"S3Bucket": bucket, "S3Key": "site.zip"},
        )
    return Site(
        aws=aws,
        vpc_id=vpc,
        subnets=subnets,
        load_balancer=load_balancer,
        listener=listener,
        security_group=group,
    )
