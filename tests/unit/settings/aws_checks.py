"""What the embedded AWS says of a recorded graph: each resource that needs no other is made there, in this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pulumi_aws as aws
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from sandbox.emulator import patching
from sandbox.emulator.elasticbeanstalk.options import find_option
from sandbox.emulator.in_process import client
from sandbox.emulator.rds import sizes
from sandbox.emulator.rds.engines import mysql_version
from tests.unit import cloud
from tests.unit.graph import Graph

REGION = cloud.DEFAULT_REGION
_NUMBERS = itertools.count(1)
Inputs = dict[str, Any]
Service = Callable[[str], Any]


def refusals(graph: Graph) -> Iterator[str]:
    """Every resource that the embedded AWS refuses, with its reason. It is emptied before."""
    patching.install()
    moto_api_backend.reset()

    def service(name: str) -> Any:
        return client(name, REGION)

    service("backup").create_backup_vault(BackupVaultName="vault")
    for kind, make in _MADE.items():
        for resource in graph.of_type(kind):
            try:
                make(service, dict(resource.inputs))
            except (ClientError, ValueError) as error:
                yield f"{resource.name}: {error}"
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        for setting in environment.inputs["settings"]:
            option = find_option(setting["namespace"], setting["name"])
            problem = option.problem(str(setting["value"])) if option else "no such option"
            if problem:
                yield f"{environment.name}: {setting['namespace']} {setting['name']} {setting['value']}: {problem}"


def _vpc(service: Service, inputs: Inputs) -> None:
    service("ec2").create_vpc(CidrBlock=inputs["cidrBlock"])


def _subnet(service: Service, inputs: Inputs) -> None:
    """In the graph's only VPC."""
    vpcs = service("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    service("ec2").create_subnet(
        VpcId=vpcs[0]["VpcId"], CidrBlock=inputs["cidrBlock"], AvailabilityZone=inputs["availabilityZone"]
    )


def _customer_gateway(service: Service, inputs: Inputs) -> None:
    service("ec2").create_customer_gateway(
        Type=inputs["type"], IpAddress=inputs["ipAddress"], BgpAsn=int(inputs["bgpAsn"])
    )


def _volume(service: Service, inputs: Inputs) -> None:
    service("ec2").create_volume(
        AvailabilityZone=inputs["availabilityZone"], Size=int(inputs["size"]), VolumeType=inputs["type"]
    )


def _instance_type(service: Service, inputs: Inputs) -> None:
    service("ec2").describe_instance_types(InstanceTypes=[inputs["instanceType"]])


def _bucket(service: Service, inputs: Inputs) -> None:
    name = inputs.get("bucket")
    if name:
        service("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


def _log_group(service: Service, inputs: Inputs) -> None:
    name = inputs.get("name") or f"group-{next(_NUMBERS)}"
    service("logs").create_log_group(logGroupName=name)
    service("logs").put_retention_policy(logGroupName=name, retentionInDays=int(inputs["retentionInDays"]))


def _database(_service: Service, inputs: Inputs) -> None:
    mysql_version(inputs["engineVersion"])
    sizes.check(
        inputs["engine"],
        {
            "db_instance_class": inputs["instanceClass"],
            "allocated_storage": inputs["allocatedStorage"],
            "max_allocated_storage": inputs["maxAllocatedStorage"],
            "storage_type": inputs["storageType"],
            "enable_performance_insights": inputs.get("performanceInsightsEnabled"),
        },
        region=REGION,
    )


def _database_parameters(service: Service, inputs: Inputs) -> None:
    service("rds").create_db_parameter_group(
        DBParameterGroupName=f"group-{next(_NUMBERS)}",
        DBParameterGroupFamily=inputs["family"],
        Description="of a test",
    )


def _cache(service: Service, inputs: Inputs) -> None:
    service("elasticache").create_replication_group(
        ReplicationGroupId=f"group-{next(_NUMBERS)}",
        ReplicationGroupDescription="of a test",
        Engine=inputs["engine"],
        EngineVersion=inputs["engineVersion"],
        CacheNodeType=inputs["nodeType"],
        NumCacheClusters=int(inputs["numCacheClusters"]),
    )


def _cache_parameters(service: Service, inputs: Inputs) -> None:
    service("elasticache").create_cache_parameter_group(
        CacheParameterGroupName=f"group-{next(_NUMBERS)}",
        CacheParameterGroupFamily=inputs["family"],
        Description="of a test",
    )


def _search(service: Service, inputs: Inputs) -> None:
    """Without its subnets, whose number is the cluster's number of zones by another test."""
    cluster, disk = inputs["clusterConfig"], inputs["ebsOptions"]
    zones = (
        {"AvailabilityZoneCount": int(cluster["zoneAwarenessConfig"]["availabilityZoneCount"])}
        if cluster.get("zoneAwarenessEnabled")
        else None
    )
    service("opensearch").create_domain(
        DomainName=inputs["domainName"],
        EngineVersion=inputs["engineVersion"],
        ClusterConfig={
            "InstanceType": cluster["instanceType"],
            "InstanceCount": int(cluster["instanceCount"]),
            **({"ZoneAwarenessEnabled": True, "ZoneAwarenessConfig": zones} if zones else {}),
        },
        EBSOptions={"EBSEnabled": True, "VolumeType": disk["volumeType"], "VolumeSize": int(disk["volumeSize"])},
    )


def _backup_plan(service: Service, inputs: Inputs) -> None:
    service("backup").create_backup_plan(
        BackupPlan={
            "BackupPlanName": f"plan-{next(_NUMBERS)}",
            "Rules": [
                {
                    "RuleName": rule["ruleName"],
                    "TargetBackupVaultName": "vault",
                    "ScheduleExpression": rule["schedule"],
                    "Lifecycle": {"DeleteAfterDays": int(rule["lifecycle"]["deleteAfter"])},
                }
                for rule in inputs["rules"]
            ],
        }
    )


def _alarm(service: Service, inputs: Inputs) -> None:
    if inputs.get("metricName"):
        service("cloudwatch").put_metric_alarm(
            AlarmName=inputs["name"],
            MetricName=inputs["metricName"],
            Namespace=inputs["namespace"],
            Statistic="Average",
            Period=int(inputs["period"]),
            EvaluationPeriods=int(inputs["evaluationPeriods"]),
            Threshold=float(inputs["threshold"]),
            ComparisonOperator=inputs["comparisonOperator"],
        )


def _zone(service: Service, inputs: Inputs) -> None:
    service("route53").create_hosted_zone(Name=inputs["name"], CallerReference=str(next(_NUMBERS)))


_MADE: dict[type, Callable[[Service, Inputs], None]] = {
    aws.ec2.Vpc: _vpc,
    aws.ec2.Subnet: _subnet,
    aws.ec2.CustomerGateway: _customer_gateway,
    aws.ebs.Volume: _volume,
    aws.ec2.Instance: _instance_type,
    aws.s3.Bucket: _bucket,
    aws.cloudwatch.LogGroup: _log_group,
    aws.cloudwatch.MetricAlarm: _alarm,
    aws.rds.Instance: _database,
    aws.rds.ParameterGroup: _database_parameters,
    aws.elasticache.ReplicationGroup: _cache,
    aws.elasticache.ParameterGroup: _cache_parameters,
    aws.opensearch.Domain: _search,
    aws.backup.Plan: _backup_plan,
    aws.route53.Zone: _zone,
}
