"""All options of Elastic Beanstalk, with their defaults and allowed values.

Source: the Elastic Beanstalk guide, "General options for all environments" and "PHP platform options".
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option. Without choices, limits and pattern it accepts any text, as in AWS."""

    default: str | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    multiple: bool = False  # a comma-separated list

    def problem(self, value: str) -> str | None:
        """The reason why AWS refuses the value, or None."""
        if self.choices and value not in self.choices:
            return f"Value is not one of the allowed values: [{', '.join(self.choices)}]"
        if self.minimum is not None and self.maximum is not None:
            if not re.fullmatch(r"-?\d+", value):
                return "Value is not a valid integer"
            if int(value) < self.minimum:
                return f"Value is less than minimum allowed value: {self.minimum}"
            if int(value) > self.maximum:
                return f"Value is greater than maximum allowed value: {self.maximum}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"Value does not satisfy regex: '{self.pattern}'"
        return None


def _integer(default: int | None, minimum: int, maximum: int) -> Option:
    return Option(default=None if default is None else str(default), minimum=minimum, maximum=maximum)


def _choice(*choices: str) -> Option:
    """The first choice is the default."""
    return Option(default=choices[0], choices=choices)


_TEXT = Option()
_LIST = Option(multiple=True)
_OFF = _choice("false", "true")
_ON = _choice("true", "false")
_FLAG = Option(choices=("true", "false"))
# Days, as CloudWatch Logs allows.
_RETENTION = _choice(
    "7", "1", "3", "5", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1827", "3653"
)

_PROCESS = {
    "DeregistrationDelay": _integer(20, 0, 3600),
    "HealthCheckInterval": _integer(15, 5, 300),
    "HealthCheckPath": Option(default="/"),
    "HealthCheckTimeout": _integer(5, 1, 60),
    "HealthyThresholdCount": _integer(3, 2, 10),
    "MatcherHTTPCode": Option(pattern=r"[2-4]\d\d([,-][2-4]\d\d)*"),  # 200 to 499: 503 is never healthy
    "Port": _integer(80, 1, 65535),
    "Protocol": _choice("HTTP", "HTTPS"),
    "StickinessEnabled": _OFF,
    "StickinessLBCookieDuration": _integer(86400, 1, 604800),
    "StickinessType": _choice("lb_cookie"),
    "UnhealthyThresholdCount": _integer(5, 2, 10),
}
_LISTENER = {
    "DefaultProcess": Option(default="default"),
    "ListenerEnabled": _ON,
    "Protocol": _choice("HTTP", "HTTPS"),
    "Rules": _LIST,
    "SSLCertificateArns": _LIST,
    "SSLPolicy": _TEXT,
}
_LISTENER_RULE = {
    "HostHeaders": _LIST,
    "PathPatterns": _LIST,
    "Priority": _integer(1, 1, 1000),
    "Process": Option(default="default"),
}

OPTIONS: dict[str, dict[str, Option]] = {
    "aws:autoscaling:asg": {
        "Availability Zones": _choice("Any", "Any 1", "Any 2", "Any 3"),
        "Cooldown": _integer(360, 0, 10000),
        "Custom Availability Zones": _LIST,
        "EnableCapacityRebalancing": _OFF,
        "MinSize": _integer(1, 1, 10000),
        "MaxSize": _integer(4, 1, 10000),
    },
    "aws:autoscaling:launchconfiguration": {
        "BlockDeviceMappings": _LIST,
        "DisableDefaultEC2SecurityGroup": _OFF,
        "DisableIMDSv1": _ON,  # on Amazon Linux 2023
        "EC2KeyName": _TEXT,
        "IamInstanceProfile": _TEXT,
        "ImageId": Option(pattern=r"ami-[0-9a-f]+"),
        "InstanceType": _TEXT,
        "LaunchTemplateTagPropagationEnabled": _OFF,
        "MonitoringInterval": _choice("5 minute", "1 minute"),
        "RootVolumeIOPS": _integer(None, 100, 20000),
        "RootVolumeSize": _integer(None, 8, 16384),
        "RootVolumeThroughput": _integer(None, 125, 1000),
        "RootVolumeType": Option(choices=("standard", "gp2", "gp3", "io1")),
        "SSHSourceRestriction": _TEXT,
        "SecurityGroups": _LIST,
    },
    "aws:autoscaling:trigger": {
        "BreachDuration": _integer(5, 1, 600),
        "EvaluationPeriods": _integer(1, 1, 600),
        "LowerBreachScaleIncrement": Option(default="-1"),
        "LowerThreshold": _integer(2000000, 0, 20000000),
        "MeasureName": _choice(
            "NetworkOut",
            "NetworkIn",
            "CPUUtilization",
            "DiskWriteOps",
            "DiskReadBytes",
            "DiskReadOps",
            "DiskWriteBytes",
            "Latency",
            "RequestCount",
            "HealthyHostCount",
            "UnhealthyHostCount",
            "TargetResponseTime",
        ),
        "Period": _integer(5, 1, 600),
        "Statistic": _choice("Average", "Minimum", "Maximum", "Sum"),
        "Unit": _choice(
            "Bytes", "Seconds", "Percent", "Bits", "Count", "Bytes/Second", "Bits/Second", "Count/Second", "None"
        ),
        "UpperBreachScaleIncrement": Option(default="1"),
        "UpperThreshold": _integer(6000000, 0, 20000000),
    },
    "aws:autoscaling:updatepolicy:rollingupdate": {
        "MaxBatchSize": _integer(None, 1, 10000),
        "MinInstancesInService": _integer(None, 0, 9999),
        "PauseTime": _TEXT,
        "RollingUpdateEnabled": _OFF,
        "RollingUpdateType": _choice("Time", "Health", "Immutable"),
        "Timeout": Option(default="PT30M"),
    },
    "aws:ec2:instances": {
        "EnableSpot": _OFF,
        "InstanceTypes": Option(default="t3.micro, t3.small", multiple=True),
        "SpotAllocationStrategy": _choice("capacity-optimized", "lowest-price", "price-capacity-optimized"),
        "SpotFleetOnDemandAboveBasePercentage": _integer(70, 0, 100),
        "SpotFleetOnDemandBase": _integer(0, 0, 10000),
        "SpotMaxPrice": _TEXT,
        "SupportedArchitectures": _choice("x86_64", "arm64"),
    },
    "aws:ec2:vpc": {
        "AssociatePublicIpAddress": _FLAG,
        "DBSubnets": _LIST,
        "ELBScheme": Option(default="public"),
        "ELBSubnets": _LIST,
        "Subnets": _LIST,
        "VPCId": _TEXT,
    },
    "aws:elasticbeanstalk:application": {"Application Healthcheck URL": Option(default="")},
    "aws:elasticbeanstalk:cloudwatch:logs": {
        "DeleteOnTerminate": _OFF,
        "RetentionInDays": _RETENTION,
        "StreamLogs": _OFF,
    },
    "aws:elasticbeanstalk:cloudwatch:logs:health": {
        "DeleteOnTerminate": _OFF,
        "HealthStreamingEnabled": _OFF,
        "RetentionInDays": _RETENTION,
    },
    "aws:elasticbeanstalk:command": {
        "BatchSize": _integer(100, 1, 10000),
        "BatchSizeType": _choice("Percentage", "Fixed"),
        "DeploymentPolicy": _choice(
            "AllAtOnce", "Rolling", "RollingWithAdditionalBatch", "Immutable", "TrafficSplitting"
        ),
        "IgnoreHealthCheck": _OFF,
        "Timeout": _integer(600, 1, 3600),
    },
    "aws:elasticbeanstalk:container:php:phpini": {
        "allow_url_fopen": _choice("On", "Off"),
        "composer_options": Option(default=""),
        "display_errors": _choice("Off", "On"),
        "document_root": Option(default=""),
        "max_execution_time": _integer(60, 0, 2147483647),
        "memory_limit": Option(default="256M", pattern=r"\d+[KMG]?|-1"),
        "zlib.output_compression": _choice("Off", "On", "true", "false"),
    },
    "aws:elasticbeanstalk:control": {
        "DefaultSSHPort": _integer(22, 1, 65535),
        "LaunchTimeout": _integer(0, 0, 3600),
        "LaunchType": _TEXT,
        "RollbackLaunchOnFailure": _OFF,
    },
    "aws:elasticbeanstalk:environment": {
        "EnvironmentType": _choice("LoadBalanced", "SingleInstance"),
        "ExternalExtensionsS3Bucket": _TEXT,
        "ExternalExtensionsS3Key": _TEXT,
        "LoadBalancerIsShared": _OFF,
        "LoadBalancerType": _choice("classic", "application", "network"),
        "ServiceRole": _TEXT,
    },
    "aws:elasticbeanstalk:environment:proxy": {"ProxyServer": _choice("nginx", "apache", "none")},
    "aws:elasticbeanstalk:healthreporting:system": {
        "ConfigDocument": _TEXT,
        "EnhancedHealthAuthEnabled": _ON,
        "HealthCheckSuccessThreshold": _choice("Ok", "Warning", "Degraded", "Severe"),
        "SystemType": _choice("basic", "enhanced"),
    },
    "aws:elasticbeanstalk:hostmanager": {"LogPublicationControl": _OFF},
    "aws:elasticbeanstalk:managedactions": {
        "ManagedActionsEnabled": _OFF,
        "PreferredStartTime": Option(pattern=r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun):([01]\d|2[0-3]):[0-5]\d"),
        "ServiceRoleForManagedUpdates": _TEXT,
    },
    "aws:elasticbeanstalk:managedactions:platformupdate": {
        "InstanceRefreshEnabled": _OFF,
        "UpdateLevel": Option(choices=("patch", "minor")),
    },
    "aws:elasticbeanstalk:monitoring": {"Automatically Terminate Unhealthy Instances": _ON},
    "aws:elasticbeanstalk:sns:topics": {
        "Notification Endpoint": _TEXT,
        "Notification Protocol": _choice("email", "http", "https", "email-json", "sqs"),
        "Notification Topic ARN": _TEXT,
        "Notification Topic Name": _TEXT,
    },
    "aws:elasticbeanstalk:xray": {"XRayEnabled": _OFF},
    "aws:elasticbeanstalk:environment:process:default": _PROCESS,
    "aws:elbv2:listener:default": _LISTENER,
    "aws:elbv2:loadbalancer": {
        "AccessLogsS3Bucket": _TEXT,
        "AccessLogsS3Enabled": _OFF,
        "AccessLogsS3Prefix": _TEXT,
        "IdleTimeout": _integer(None, 1, 3600),
        "ManagedSecurityGroup": _TEXT,
        "SecurityGroups": _LIST,
        "SharedLoadBalancer": _TEXT,
    },
    "aws:rds:dbinstance": {"HasCoupledDatabase": _OFF},
}
"""Options by namespace and name."""

_NAMED = {
    "aws:elasticbeanstalk:environment:process:": _PROCESS,
    "aws:elbv2:listener:": _LISTENER,
    "aws:elbv2:listenerrule:": _LISTENER_RULE,
}
"""Prefixes of namespaces that end in a name of the user: a process, a port of a listener, a rule."""

_FREE = {
    "aws:elasticbeanstalk:application:environment": Option(pattern=r"[\w\s.:/=+\\@'\"-]*"),
    "aws:elasticbeanstalk:application:environmentsecrets": Option(
        pattern=r"arn:[\w-]+:(secretsmanager:[\w-]+:\d{12}:secret:|ssm:[\w-]+:\d{12}:parameter/).+"
    ),
    "aws:elasticbeanstalk:customoption": Option(),
    "aws:elasticbeanstalk:environment:proxy:staticfiles": Option(),
}
"""Namespaces with option names of the user. The characters of properties are those of the guide, "Environment
properties and other software settings"."""

_PROPERTY_NAME = re.compile(r"[\w.:/+\\@-]+")

# A change in these namespaces replaces the instances.
_REPLACES_INSTANCES = ("aws:autoscaling:launchconfiguration", "aws:ec2:instances", "aws:ec2:vpc")


def find_option(namespace: str, name: str) -> Option | None:
    """The option with this name, or None if AWS has none."""
    if namespace in _FREE:
        is_property = namespace == "aws:elasticbeanstalk:application:environment"
        return None if is_property and not _PROPERTY_NAME.fullmatch(name) else _FREE[namespace]
    for prefix, options in _NAMED.items():
        if namespace.startswith(prefix):
            return options.get(name)
    return OPTIONS.get(namespace, {}).get(name)


def replaces_instances(namespace: str) -> bool:
    return namespace in _REPLACES_INSTANCES


process_namespace = "aws:elasticbeanstalk:environment:process:{}".format
listener_namespace = "aws:elbv2:listener:{}".format
rule_namespace = "aws:elbv2:listenerrule:{}".format
