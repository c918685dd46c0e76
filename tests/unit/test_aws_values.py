"""AWS takes each value that the program declares: engines, protocols, types, sizes, windows, names.

A misspelt one passes a preview, and is refused in the middle of an update.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

import pulumi_aws as aws
import pytest

from tests.unit.aws_values import Operation, Value, values
from tests.unit.graph import Graph, Resource
from tests.unit.program import program

TUNNEL = "Options.TunnelOptions"
ACTIONS = {"redirect": "RedirectConfig", "fixedResponse": "FixedResponseConfig"}

OPERATIONS: Mapping[type, tuple[Operation, ...]] = {
    aws.acm.Certificate: (
        Operation(service="acm", name="ImportCertificate", renamed={"certificateBody": "Certificate"}),
    ),
    aws.backup.Plan: (
        Operation(
            service="backup",
            name="CreateBackupPlan",
            within="BackupPlan",
            renamed={
                "name": "BackupPlanName",
                "rules.targetVaultName": "TargetBackupVaultName",
                "rules.schedule": "ScheduleExpression",
                "rules.lifecycle.deleteAfter": "DeleteAfterDays",
            },
        ),
    ),
    aws.backup.Selection: (
        Operation(
            service="backup",
            name="CreateBackupSelection",
            within="BackupSelection",
            renamed={"name": "SelectionName"},
        ),
    ),
    aws.backup.Vault: (Operation(service="backup", name="CreateBackupVault", renamed={"name": "BackupVaultName"}),),
    aws.bcmdata.Export: (
        Operation(service="bcm-data-exports", name="CreateExport", renamed={"export.dataQueries": "DataQuery"}),
    ),
    aws.cloudfront.Distribution: (
        Operation(
            service="cloudfront",
            name="CreateDistribution",
            within="DistributionConfig",
            renamed={
                "origins.originId": "Id",
                "defaultCacheBehavior.cachedMethods": "AllowedMethods.CachedMethods",
                "isIpv6Enabled": "IsIPV6Enabled",
            },
        ),
    ),
    aws.cloudwatch.CompositeAlarm: (
        Operation(
            service="cloudwatch", name="PutCompositeAlarm", renamed={"actionsSuppressor.alarm": "ActionsSuppressor"}
        ),
    ),
    aws.cloudwatch.LogDelivery: (Operation(service="logs", name="CreateDelivery"),),
    aws.cloudwatch.LogDeliveryDestination: (Operation(service="logs", name="PutDeliveryDestination"),),
    aws.cloudwatch.LogDeliverySource: (Operation(service="logs", name="PutDeliverySource"),),
    aws.cloudwatch.LogGroup: (Operation(service="logs", name="PutRetentionPolicy"),),
    aws.cloudwatch.MetricAlarm: (
        Operation(
            service="cloudwatch",
            name="PutMetricAlarm",
            renamed={
                "name": "AlarmName",
                "metricQueries": "Metrics",
                "metricQueries.metric": "MetricStat",
                "metricQueries.metric.metricName": "Metric.MetricName",
                "metricQueries.metric.namespace": "Metric.Namespace",
            },
        ),
    ),
    aws.ebs.Volume: (Operation(service="ec2", name="CreateVolume", renamed={"type": "VolumeType"}),),
    aws.ec2.CustomerGateway: (Operation(service="ec2", name="CreateCustomerGateway"),),
    aws.ec2.Eip: (Operation(service="ec2", name="AllocateAddress"),),
    aws.ec2.FlowLog: (Operation(service="ec2", name="CreateFlowLogs"),),
    aws.ec2.Instance: (
        Operation(
            service="ec2",
            name="RunInstances",
            renamed={
                "ami": "ImageId",
                "iamInstanceProfile": "IamInstanceProfile.Name",
                "rootBlockDevice": "BlockDeviceMappings.Ebs",
            },
        ),
    ),
    aws.ec2.NatGateway: (Operation(service="ec2", name="CreateNatGateway"),),
    aws.ec2.VolumeAttachment: (Operation(service="ec2", name="AttachVolume", renamed={"deviceName": "Device"}),),
    aws.ec2.VpcEndpoint: (Operation(service="ec2", name="CreateVpcEndpoint"),),
    aws.ec2.VpnConnection: (
        Operation(
            service="ec2",
            name="CreateVpnConnection",
            renamed={
                f"tunnel{number}{name}": f"{TUNNEL}.{member}"
                for number in (1, 2)
                for name, member in (
                    ("DpdTimeoutAction", "DPDTimeoutAction"),
                    ("StartupAction", "StartupAction"),
                    ("IkeVersions", "IKEVersions.Value"),
                    *(
                        (f"Phase{phase}{what}", f"Phase{phase}{what}.Value")
                        for phase in (1, 2)
                        for what in ("DhGroupNumbers", "EncryptionAlgorithms", "IntegrityAlgorithms")
                    ),
                )
            },
        ),
    ),
    aws.ec2.VpnGateway: (Operation(service="ec2", name="CreateVpnGateway"),),
    aws.elasticache.ParameterGroup: (
        Operation(
            service="elasticache",
            name="CreateCacheParameterGroup",
            renamed={"family": "CacheParameterGroupFamily"},
        ),
    ),
    aws.elasticache.ReplicationGroup: (
        Operation(
            service="elasticache",
            name="CreateReplicationGroup",
            renamed={
                "description": "ReplicationGroupDescription",
                "maintenanceWindow": "PreferredMaintenanceWindow",
                "nodeType": "CacheNodeType",
            },
        ),
    ),
    aws.elasticbeanstalk.Application: (
        Operation(service="elasticbeanstalk", name="CreateApplication", renamed={"name": "ApplicationName"}),
    ),
    aws.elasticbeanstalk.ApplicationVersion: (
        Operation(
            service="elasticbeanstalk",
            name="CreateApplicationVersion",
            renamed={
                "application": "ApplicationName",
                "name": "VersionLabel",
                "bucket": "SourceBundle.S3Bucket",
                "key": "SourceBundle.S3Key",
            },
        ),
    ),
    aws.elasticbeanstalk.Environment: (
        Operation(
            service="elasticbeanstalk",
            name="CreateEnvironment",
            renamed={
                "version": "VersionLabel",
                "application": "ApplicationName",
                "name": "EnvironmentName",
                "settings": "OptionSettings",
                "settings.name": "OptionName",
            },
        ),
    ),
    aws.iam.Role: (
        Operation(service="iam", name="CreateRole", renamed={"assumeRolePolicy": "AssumeRolePolicyDocument"}),
    ),
    aws.iam.RolePolicyAttachment: (Operation(service="iam", name="AttachRolePolicy", renamed={"role": "RoleName"}),),
    aws.kms.Key: (
        Operation(service="kms", name="CreateKey"),
        Operation(service="kms", name="ScheduleKeyDeletion", renamed={"deletionWindowInDays": "PendingWindowInDays"}),
    ),
    aws.lb.Listener: (
        Operation(
            service="elbv2",
            name="CreateListener",
            renamed={f"defaultActions.{name}": member for name, member in ACTIONS.items()},
        ),
    ),
    aws.lb.ListenerRule: (
        Operation(
            service="elbv2",
            name="CreateRule",
            renamed={
                "conditions.hostHeader": "HostHeaderConfig",
                **{f"actions.{name}": member for name, member in ACTIONS.items()},
            },
        ),
    ),
    aws.lb.LoadBalancer: (Operation(service="elbv2", name="CreateLoadBalancer", renamed={"loadBalancerType": "Type"}),),
    aws.opensearch.Domain: (
        Operation(
            service="opensearch",
            name="CreateDomain",
            renamed={
                "encryptAtRest": "EncryptionAtRestOptions",
                "nodeToNodeEncryption": "NodeToNodeEncryptionOptions",
            },
        ),
    ),
    aws.rds.EventSubscription: (
        Operation(service="rds", name="CreateEventSubscription", renamed={"snsTopic": "SnsTopicArn"}),
    ),
    aws.rds.Instance: (
        Operation(
            service="rds",
            name="CreateDBInstance",
            renamed={
                "backupWindow": "PreferredBackupWindow",
                "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
                "instanceClass": "DBInstanceClass",
                "maintenanceWindow": "PreferredMaintenanceWindow",
                "password": "MasterUserPassword",
                "username": "MasterUsername",
            },
        ),
    ),
    aws.rds.ParameterGroup: (
        Operation(
            service="rds",
            name="ModifyDBParameterGroup",
            renamed={"parameters.name": "ParameterName", "parameters.value": "ParameterValue"},
        ),
        Operation(service="rds", name="CreateDBParameterGroup", renamed={"family": "DBParameterGroupFamily"}),
    ),
    aws.route53.Record: (
        Operation(
            service="route53",
            name="ChangeResourceRecordSets",
            within="ChangeBatch.Changes.ResourceRecordSet",
            renamed={"records": "ResourceRecords.Value"},
        ),
    ),
    aws.s3.BucketLifecycleConfiguration: (
        Operation(service="s3", name="PutBucketLifecycleConfiguration", within="LifecycleConfiguration"),
    ),
    aws.s3.BucketObjectv2: (Operation(service="s3", name="PutObject"),),
    aws.s3.BucketOwnershipControls: (
        Operation(service="s3", name="PutBucketOwnershipControls", within="OwnershipControls"),
    ),
    aws.s3.BucketServerSideEncryptionConfiguration: (
        Operation(service="s3", name="PutBucketEncryption", within="ServerSideEncryptionConfiguration"),
    ),
    aws.s3.BucketVersioning: (Operation(service="s3", name="PutBucketVersioning"),),
    aws.secretsmanager.Secret: (
        Operation(service="secretsmanager", name="CreateSecret"),
        Operation(service="secretsmanager", name="DeleteSecret"),
    ),
    aws.sns.TopicSubscription: (Operation(service="sns", name="Subscribe"),),
    aws.vpc.SecurityGroupEgressRule: (
        Operation(service="ec2", name="AuthorizeSecurityGroupEgress", within="IpPermissions"),
    ),
    aws.vpc.SecurityGroupIngressRule: (
        Operation(service="ec2", name="AuthorizeSecurityGroupIngress", within="IpPermissions"),
    ),
}
"""The operations that take the inputs of each type of resource."""

LISTED_IN_WORDS: Mapping[type, tuple[str, ...]] = {
    aws.cloudwatch.LogGroup: ("retentionInDays",),
    aws.ec2.VpnConnection: tuple(
        f"tunnel{number}{name}" for number in (1, 2) for name in ("DpdTimeoutAction", "StartupAction")
    ),
    aws.elasticache.ParameterGroup: ("family",),
    aws.elasticache.ReplicationGroup: ("engine", "nodeType"),
    aws.rds.EventSubscription: ("sourceType",),
    aws.rds.Instance: (
        "engine",
        "monitoringInterval",
        "performanceInsightsRetentionPeriod",
        "storageType",
    ),
    aws.sns.TopicSubscription: ("protocol",),
    aws.vpc.SecurityGroupEgressRule: ("ipProtocol",),
    aws.vpc.SecurityGroupIngressRule: ("ipProtocol",),
}
"""Properties whose values AWS lists in the description of the member, and not in the model."""

NOT_IN_THE_MODEL = {
    # "Supported instance types in Amazon OpenSearch Service" has it; botocore's list ends with the generation before.
    ("clusterConfig.instanceType", "r7g.large.search"),
}

# "Tunnel options for your Site-to-Site VPN connection": what is left without SHA-1, AES128 and the groups below 14.
PHASE_VALUES: Mapping[str, set[object]] = {
    "DhGroupNumbers": set(range(14, 25)),
    "EncryptionAlgorithms": {"AES256", "AES256-GCM-16"},
    "IntegrityAlgorithms": {"SHA2-256", "SHA2-384", "SHA2-512"},
}
TUNNEL_VALUES: Mapping[str, set[object]] = {
    "IkeVersions": {"ikev2"},
    **{f"Phase{phase}{name}": allowed for phase in (1, 2) for name, allowed in PHASE_VALUES.items()},
}

LISTED_ELSEWHERE: Mapping[type, Mapping[str, set[object]]] = {
    # "Security policies for your Application Load Balancer": those without TLS 1.0 and 1.1.
    aws.lb.Listener: {"sslPolicy": {"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"}},
    aws.ec2.VpnConnection: {
        f"tunnel{number}{name}": allowed for number in (1, 2) for name, allowed in TUNNEL_VALUES.items()
    },
    # DescribeEventCategories for db-instance.
    aws.rds.EventSubscription: {
        "eventCategories": {
            "availability",
            "backup",
            "configuration change",
            "creation",
            "deletion",
            "failover",
            "failure",
            "low storage",
            "maintenance",
            "notification",
            "read replica",
            "recovery",
            "restoration",
            "security",
        }
    },
    # The documentation of CreateDBInstance, for MySQL.
    aws.rds.Instance: {"enabledCloudwatchLogsExports": {"audit", "error", "general", "slowquery", "iam-db-auth-error"}},
    # The keys of the map LogPublishingOptions ("LogType").
    aws.opensearch.Domain: {
        "logPublishingOptions.logType": {"ES_APPLICATION_LOGS", "AUDIT_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"},
    },
}
"""Properties whose values no part of botocore lists: those that AWS's documentation has, as far as they may be used."""


@functools.cache
def declared(kind: type) -> tuple[tuple[str, Value], ...]:
    """Each value of each resource of a type in both stacks, with the resource's name."""
    return tuple(
        (resource.name, value)
        for stack in ("prod", "preprod")
        for resource in program(stack).of_type(kind)
        for operation in OPERATIONS[kind]
        for value in values(resource, operation)
    )


WITHOUT_MEMBER: Mapping[type, set[str]] = {
    aws.backup.Selection: {"conditions.stringEquals.key", "conditions.stringEquals.value"},
    aws.ec2.Instance: {"userDataBase64"},
    # Magento's and AWS's own settings are held by other tests.
    aws.elasticache.ParameterGroup: {"parameters.value"},
    aws.elasticbeanstalk.Application: {"appversionLifecycle.serviceRole"},
    # How long the provider waits.
    aws.elasticbeanstalk.Environment: {"waitForReadyTimeout"},
    aws.lb.LoadBalancer: {"accessLogs.prefix"},
    aws.opensearch.Domain: {"logPublishingOptions.logType"},
    aws.rds.Instance: {"finalSnapshotIdentifier", "identifier"},
    aws.s3.BucketObjectv2: {"contentBase64"},
}
"""Texts that another operation takes, or that AWS has in a map: no list of values is missed with them."""


def _id(kind: type) -> str:
    return f"{kind.__module__.split('.')[1]}-{kind.__name__}"


by_type = pytest.mark.parametrize("kind", OPERATIONS, ids=_id)


@by_type
def test_aws_takes_the_value(kind: type) -> None:
    """It is among those that AWS lists, within its limits, and looks like its pattern."""
    assert declared(kind), "neither stack has one: take its operation out of the table"
    faults = {
        f"{name}.{value.path}: got {value.value!r}, {value.fault}"
        for name, value in declared(kind)
        if value.fault and (value.path, value.value) not in NOT_IN_THE_MODEL
    }
    assert not faults


@pytest.mark.parametrize("kind", LISTED_IN_WORDS, ids=_id)
def test_aws_names_the_value(kind: type) -> None:
    found = [(name, value) for name, value in declared(kind) if value.path in LISTED_IN_WORDS[kind] and value.shape]
    assert {value.path for _, value in found} == set(LISTED_IN_WORDS[kind])
    unknown = {f"{name}.{value.path}: got {value.value!r}" for name, value in found if not value.is_in_documentation()}
    assert not unknown


@pytest.mark.parametrize("kind", LISTED_ELSEWHERE, ids=_id)
def test_the_documentation_has_the_value(kind: type) -> None:
    for path, allowed in LISTED_ELSEWHERE[kind].items():
        used = {value.value for _, value in declared(kind) if value.path == path}
        assert used, path
        assert used <= allowed, path


# Names and texts of the user's own, and what comes from other resources.
FREE_TEXT = re.compile(
    r"(^|\.)(alarm|bucket|cidrIpv4|comment|content|description|name|policy|region|topic|\w*(Arn|Id|Name|Policy))$"
)


@by_type
def test_each_property_has_a_member(kind: type) -> None:
    """Or its values are not compared with AWS's: name the member in OPERATIONS, or list it in WITHOUT_MEMBER."""
    texts = [value for _, value in declared(kind) if isinstance(value.value, str)]
    matched = {value.path for value in texts if value.shape is not None}
    unmatched = {value.path for value in texts} - matched
    assert {path for path in unmatched if not FREE_TEXT.search(path)} == WITHOUT_MEMBER.get(kind, set())


_WINDOW = re.compile(r"(?:(mon|tue|wed|thu|fri|sat|sun):)?([01]\d|2[0-3]):([0-5]\d)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minutes(window: str) -> set[int]:
    """The minutes of the week that a window takes: ``tue:03:00-tue:04:00``, or ``02:00-02:30`` of each day."""
    ends = [_WINDOW.fullmatch(end) for end in window.split("-")]
    first, last = (
        (_DAYS.index(end[1] or "mon") * 24 + int(end[2])) * 60 + int(end[3]) for end in ends if end is not None
    )
    repeated = [0] if ends[0] and ends[0][1] else [day * 24 * 60 for day in range(7)]
    week = 7 * 24 * 60
    return {
        (start + minute) % week for start in repeated for minute in range(first, last if last > first else last + week)
    }


def stores(graph: Graph) -> Iterator[tuple[Resource, str, str]]:
    """Each store that AWS maintains, with the names of its windows for copies and for maintenance."""
    for each in graph.of_type(aws.rds.Instance):
        yield each, "backupWindow", "maintenanceWindow"
    for each in graph.of_type(aws.elasticache.ReplicationGroup):
        yield each, "snapshotWindow", "maintenanceWindow"


def test_windows_are_long_enough_and_apart(graph: Graph) -> None:
    """RDS wants thirty minutes for copies and for maintenance, ElastiCache an hour; and that they do not overlap."""
    found = list(stores(graph))
    assert found
    for store, copies, maintenance in found:
        shortest = 30 if store.type == aws.rds.Instance.pulumi_type else 60  # type: ignore[attr-defined]
        copied, maintained = minutes(store.inputs[copies]), minutes(store.inputs[maintenance])
        assert len(copied) >= 7 * shortest, store.name
        assert len(maintained) >= shortest, store.name
        assert not copied & maintained, store.name


def test_backups_are_taken_outside_the_databases_windows(prod: Graph) -> None:
    """RDS refuses AWS Backup a copy during its own windows and in the hour before ("Working with AWS Backup")."""
    schedules = [rule["schedule"] for rule in prod.one(aws.backup.Plan).inputs["rules"]]
    times = [re.fullmatch(r"cron\((\d+) (\d+) .*\)", each) for each in schedules]
    for database in prod.of_type(aws.rds.Instance):
        taken = minutes(database.inputs["backupWindow"]) | minutes(database.inputs["maintenanceWindow"])
        for time in times:
            assert time is not None
            start = int(time[2]) * 60 + int(time[1])
            assert not taken & {day * 24 * 60 + start + minute for day in range(7) for minute in range(61)}
