"""The option settings of a Beanstalk environment as a typed value ("General options for all environments")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.beanstalk.load_balancing import BehindOwnLoadBalancer, BehindSharedLoadBalancer, Options
from settings.fleet import FleetSettings
from settings.satellite import WebServer

_HEALTH_METRICS = {
    "Environment": {"ApplicationRequests5xx": 60, "ApplicationLatencyP99": 60, "InstancesSevere": 60},
    "Instance": {"LoadAverage5min": 60, "CPUUser": 60, "ApplicationRequests5xx": 60},
}
"""The metrics that enhanced health publishes to CloudWatch, and how often, in seconds. By default it publishes none."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentOptions:
    """The settings of an environment."""

    fleet: FleetSettings
    health_check_path: str
    load_balancing: BehindSharedLoadBalancer | BehindOwnLoadBalancer
    vpc_id: pulumi.Input[str]
    instance_subnet_ids: pulumi.Input[list[str]]
    load_balancer_subnet_ids: pulumi.Input[list[str]]
    instance_group_id: pulumi.Input[str]
    instance_profile_name: pulumi.Input[str]
    service_role_arn: pulumi.Input[str]
    health_check_codes: str = "200"
    web_server: WebServer = WebServer.NGINX
    document_root: str = "/"
    php_memory_limit: str = "2G"
    php_max_execution_seconds: int = 600
    deploy_timeout_seconds: int = 3600
    log_retention_days: int = 90
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Environment properties. Put no secrets into them."""
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Environment variables whose values the instances fetch when they start. Each is the ARN of a secret in Secrets
    Manager, with ``:field`` after it for one field of a JSON secret."""

    @property
    def longest_change_minutes(self) -> int:
        """How long a change of the environment can take: Beanstalk replaces its instances one after another, and gives
        each of them the time of a deploy. One more deploy is for the load balancer and all else."""
        return (self.fleet.instances + 1) * self.deploy_timeout_seconds // 60

    def settings(self) -> list[aws.elasticbeanstalk.EnvironmentSettingArgs]:
        """A setting for each option, in a fixed order."""
        parts = (self.load_balancing.options(), self._placement(), self._deployment(), self._health(), self._software())
        chosen = {
            (namespace, name): value
            for part in parts
            for namespace, options in part.items()
            for name, value in options.items()
        }
        return [
            aws.elasticbeanstalk.EnvironmentSettingArgs(namespace=namespace, name=name, value=value)
            for (namespace, name), value in sorted(chosen.items(), key=lambda option: option[0])
        ]

    def _placement(self) -> Options:
        return {
            "aws:elasticbeanstalk:environment": {
                "EnvironmentType": "LoadBalanced",
                "ServiceRole": self.service_role_arn,
            },
            "aws:ec2:vpc": {
                "VPCId": self.vpc_id,
                "Subnets": _joined(self.instance_subnet_ids),
                "ELBSubnets": _joined(self.load_balancer_subnet_ids),
                "ELBScheme": "public",
                "AssociatePublicIpAddress": "false",
            },
            "aws:autoscaling:asg": {"MinSize": str(self.fleet.instances), "MaxSize": str(self.fleet.instances)},
            "aws:ec2:instances": {
                "InstanceTypes": ",".join(self.fleet.instance_types),
                "SupportedArchitectures": self.fleet.architecture,
            },
            "aws:autoscaling:launchconfiguration": {
                "IamInstanceProfile": self.instance_profile_name,
                "DisableDefaultEC2SecurityGroup": "true",
                "SecurityGroups": self.instance_group_id,
                "DisableIMDSv1": "true",
                "MonitoringInterval": "1 minute",
                "RootVolumeType": "gp3",
                "RootVolumeSize": str(self.fleet.root_volume_gib),
            },
        }

    def _deployment(self) -> Options:
        """Deploys to one instance at a time. An instance that fails stays out of the load balancer. With an additional
        batch, a new instance is first, and is terminated at the end."""
        return {
            "aws:elasticbeanstalk:command": {
                "DeploymentPolicy": "RollingWithAdditionalBatch" if self.fleet.has_additional_batch else "Rolling",
                "BatchSizeType": "Fixed",
                "BatchSize": "1",
                "Timeout": str(self.deploy_timeout_seconds),
                "IgnoreHealthCheck": "false",
            },
            "aws:autoscaling:updatepolicy:rollingupdate": (
                {
                    "RollingUpdateEnabled": "true",
                    "RollingUpdateType": "Health",
                    "MaxBatchSize": "1",
                    "MinInstancesInService": str(self.fleet.instances - 1),
                }
                if self.fleet.instances > 1
                else {"RollingUpdateEnabled": "false"}
            ),
            # Platform updates come with a release, not at a time that Beanstalk chooses.
            "aws:elasticbeanstalk:managedactions": {"ManagedActionsEnabled": "false"},
        }

    def _health(self) -> Options:
        return {
            "aws:elasticbeanstalk:environment:process:default": {
                "Port": "80",
                "Protocol": "HTTP",
                "HealthCheckPath": self.health_check_path,
                "MatcherHTTPCode": self.health_check_codes,
                "HealthCheckInterval": "15",
                "HealthCheckTimeout": "5",
                "HealthyThresholdCount": "3",
                "UnhealthyThresholdCount": "5",
                "DeregistrationDelay": "60",
                "StickinessEnabled": "false",
            },
            "aws:elasticbeanstalk:application": {"Application Healthcheck URL": self.health_check_path},
            "aws:elasticbeanstalk:healthreporting:system": {
                "SystemType": "enhanced",
                "EnhancedHealthAuthEnabled": "true",
                "HealthCheckSuccessThreshold": "Ok",
                "ConfigDocument": _health_document(),
            },
        }

    def _software(self) -> Options:
        return {
            "aws:elasticbeanstalk:container:php:phpini": {
                "document_root": self.document_root,
                "memory_limit": self.php_memory_limit,
                "max_execution_time": str(self.php_max_execution_seconds),
            },
            "aws:elasticbeanstalk:environment:proxy": {"ProxyServer": self.web_server},
            "aws:elasticbeanstalk:cloudwatch:logs": {
                "StreamLogs": "true",
                "DeleteOnTerminate": "false",
                "RetentionInDays": str(self.log_retention_days),
            },
            "aws:elasticbeanstalk:application:environment": self.variables,
            "aws:elasticbeanstalk:application:environmentsecrets": self.secrets,
        }


def _joined(ids: pulumi.Input[list[str]]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(ids).apply(",".join)


def _health_document() -> str:
    """The health configuration document, version 1 ("Configuring enhanced health rules"). Answers of 4xx do not
    make an environment unhealthy."""
    no_alarm_on_4xx = {"Environment": {"Application": {"ApplicationRequests4xx": {"Enabled": False}}}}
    return json.dumps(
        {"Version": 1, "CloudWatchMetrics": _HEALTH_METRICS, "Rules": no_alarm_on_4xx},
        separators=(",", ":"),
        sort_keys=True,
    )
