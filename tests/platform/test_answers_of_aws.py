"""What AWS's API answers of each resource of both stacks, against what the program gave.

It is read with boto3 alone, and not with the provider, whose reading would hide a fault that it makes both ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest

from sandbox.tests.platform import Platform
from tests.platform.test_rows import STACKS

pytestmark = pytest.mark.long

Client = Callable[..., Any]
_OF_AWS = ("aws:", "elasticbeanstalk:", "BootStatus")
"""How tags begin that AWS or a server sets."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource of a stack: what the program gave, and what the engine keeps of it."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.outputs["id"])

    @property
    def arn(self) -> str:
        return str(self.outputs["arn"])

    @property
    def region(self) -> str:
        return str(self.outputs.get("region") or self.inputs.get("region") or "eu-west-3")

    def name(self, key: str = "name") -> str:
        return str(self.outputs[key])


def made(platform: Platform, stack: str) -> list[Made]:
    """The resources of AWS in a stack, of which some keep secrets in their own form."""
    exported = json.loads(platform.pulumi("stack", "export", "-s", stack, "--show-secrets").stdout)
    return [
        Made(
            urn=each["urn"],
            type=each["type"],
            inputs=each.get("inputs", {}),
            outputs={"id": each.get("id"), **each.get("outputs", {})},
        )
        for each in exported["deployment"]["resources"]
        if each["type"].startswith("aws:") and not each.get("external")
    ]


def pairs(tags: Any) -> dict[str, str]:
    """Tags, in whichever of AWS's two forms."""
    return dict(tags) if isinstance(tags, Mapping) else {_of(tag, "Key"): _of(tag, "Value") for tag in tags}


def _of(tag: Mapping[str, str], member: str) -> str:
    return tag.get(member) or tag[member.lower()]


def tags_of(client: Client, one: Made) -> dict[str, str]:
    """The tags of a resource, by the service's own operation."""
    module = one.type.split(":")[1].partition("/")[0]
    kind = one.type.rpartition(":")[2]
    reading = _TAGS.get(kind) or _TAGS_OF_MODULE[module]
    return {name: value for name, value in pairs(reading(client, one)).items() if not name.startswith(_OF_AWS)}


def _of_ec2(client: Client, one: Made) -> Any:
    id_ = one.outputs.get("securityGroupRuleId") or one.outputs.get("allocationId") or one.id
    return client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [id_]}])["Tags"]


_TAGS_OF_MODULE: Mapping[str, Callable[[Client, Made], Any]] = {
    "acm": lambda client, one: client("acm", one.region).list_tags_for_certificate(CertificateArn=one.arn)["Tags"],
    "backup": lambda client, one: client("backup").list_tags(ResourceArn=one.arn)["Tags"],
    "bcmdata": lambda client, one: client("bcm-data-exports", "us-east-1").list_tags_for_resource(ResourceArn=one.arn)[
        "ResourceTags"
    ],
    "cloudfront": lambda client, one: client("cloudfront").list_tags_for_resource(Resource=one.arn)["Tags"]["Items"],
    "cloudwatch": lambda client, one: client("cloudwatch").list_tags_for_resource(ResourceARN=one.arn)["Tags"],
    "ebs": _of_ec2,
    "ec2": _of_ec2,
    "vpc": _of_ec2,
    "elasticache": lambda client, one: client("elasticache").list_tags_for_resource(ResourceName=one.arn)["TagList"],
    "elasticbeanstalk": lambda client, one: client("elasticbeanstalk").list_tags_for_resource(ResourceArn=one.arn)[
        "ResourceTags"
    ],
    "kms": lambda client, one: [
        {"Key": each["TagKey"], "Value": each["TagValue"]}
        for each in client("kms").list_resource_tags(KeyId=one.id)["Tags"]
    ],
    "lb": lambda client, one: client("elbv2").describe_tags(ResourceArns=[one.arn])["TagDescriptions"][0]["Tags"],
    "opensearch": lambda client, one: client("opensearch").list_tags(ARN=one.arn)["TagList"],
    "rds": lambda client, one: client("rds").list_tags_for_resource(ResourceName=one.arn)["TagList"],
    "secretsmanager": lambda client, one: client("secretsmanager").describe_secret(SecretId=one.arn)["Tags"],
    "sfn": lambda client, one: client("stepfunctions").list_tags_for_resource(resourceArn=one.arn)["tags"],
    "wafv2": lambda client, one: client("wafv2", one.region).list_tags_for_resource(ResourceARN=one.arn)[
        "TagInfoForResource"
    ]["TagList"],
    "sns": lambda client, one: client("sns").list_tags_for_resource(ResourceArn=one.arn)["Tags"],
    "ssm": lambda client, one: client("ssm").list_tags_for_resource(ResourceType="Document", ResourceId=one.name())[
        "TagList"
    ],
}
_TAGS: Mapping[str, Callable[[Client, Made], Any]] = {
    "Association": lambda client, one: client("ssm").list_tags_for_resource(
        ResourceType="Association", ResourceId=one.id
    )["TagList"],
    "Bucket": lambda client, one: client("s3").get_bucket_tagging(Bucket=one.id)["TagSet"],
    "BucketObjectv2": lambda client, one: client("s3").get_object_tagging(
        Bucket=one.name("bucket"), Key=one.name("key")
    )["TagSet"],
    "InstanceProfile": lambda client, one: client("iam").list_instance_profile_tags(InstanceProfileName=one.name())[
        "Tags"
    ],
    "LogDelivery": lambda client, one: _of_logs(client, one),
    "LogDeliveryDestination": lambda client, one: _of_logs(client, one),
    "LogDeliverySource": lambda client, one: _of_logs(client, one),
    "LogGroup": lambda client, one: _of_logs(client, one),
    "Parameter": lambda client, one: client("ssm").list_tags_for_resource(
        ResourceType="Parameter", ResourceId=one.name()
    )["TagList"],
    "Role": lambda client, one: client("iam").list_role_tags(RoleName=one.name())["Tags"],
    "Zone": lambda client, one: client("route53").list_tags_for_resource(ResourceType="hostedzone", ResourceId=one.id)[
        "ResourceTagSet"
    ]["Tags"],
}


def _of_logs(client: Client, one: Made) -> Any:
    return client("logs", one.region).list_tags_for_resource(resourceArn=one.arn)["tags"]


DESCRIBED: Mapping[str, Callable[[Client, Made], Any]] = {
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": lambda client, one: client("cloudwatch").describe_alarms(
        AlarmNames=[one.id], AlarmTypes=["CompositeAlarm"]
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda client, one: client("cloudwatch").describe_alarms(
        AlarmNames=[one.id]
    ),
    "aws:ebs/volume:Volume": lambda client, one: client("ec2").describe_volumes(VolumeIds=[one.id]),
    "aws:ec2/networkInterface:NetworkInterface": lambda client, one: client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[one.id]
    ),
    "aws:ec2/subnet:Subnet": lambda client, one: client("ec2").describe_subnets(SubnetIds=[one.id]),
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda client, one: [
        client("elasticache").describe_replication_groups(ReplicationGroupId=one.id),
        client("elasticache").describe_cache_clusters(CacheClusterId=sorted(one.outputs["memberClusters"])[0]),
    ],
    "aws:elasticbeanstalk/environment:Environment": lambda client, one: [
        client("elasticbeanstalk").describe_environments(EnvironmentNames=[one.name()]),
        client("elasticbeanstalk").describe_configuration_settings(
            ApplicationName=one.name("application"), EnvironmentName=one.name()
        ),
    ],
    "aws:lb/listener:Listener": lambda client, one: client("elbv2").describe_listeners(ListenerArns=[one.arn]),
    "aws:lb/listenerRule:ListenerRule": lambda client, one: client("elbv2").describe_rules(RuleArns=[one.arn]),
    "aws:opensearch/domain:Domain": lambda client, one: client("opensearch").describe_domain(
        DomainName=one.name("domainName")
    ),
    "aws:rds/instance:Instance": lambda client, one: client("rds").describe_db_instances(
        DBInstanceIdentifier=one.name("identifier")
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda client, one: client(
        "ec2"
    ).describe_security_group_rules(SecurityGroupRuleIds=[one.name("securityGroupRuleId")]),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda client, one: client(
        "ec2"
    ).describe_security_group_rules(SecurityGroupRuleIds=[one.name("securityGroupRuleId")]),
}
"""How AWS describes a resource. Each text and number that the program gave is in the answer."""
NOT_ANSWERED = {
    "password": "RDS never answers it",
    "authToken": "ElastiCache never answers it",
    "masterUserPassword": "OpenSearch never answers it",
    "finalSnapshotIdentifier": "it counts when the resource is deleted",
    "masterUserName": "OpenSearch never answers it",
    "authTokenUpdateStrategy": "it says how a new token gets in",
    "waitForReadyTimeout": "it is how long the provider waits",
    "listenerArn": "a rule does not say which listener has it",
    "numCacheClusters": "it is the number of memberClusters",
    "tags": "they are in the other test",
    "tagsAll": "the same, for the provider",
    "region": "it is where the resource is asked for",
}


def given(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text and number in what the program gave, by its path."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            if key not in NOT_ANSWERED and not key.startswith("__"):
                yield from given(member, f"{path}.{key}")
    elif isinstance(value, list):
        for member in value:
            yield from given(member, path)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield path.removeprefix("."), _text(value)


def leaves(value: Any) -> Iterator[str]:
    """Each text and number in an answer, names of members among them: OpenSearch's types of logs are such names."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name)
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
    elif value is not None:
        yield _text(value)


def _is_among(path: str, value: str, answered: set[str]) -> bool:
    """Whether it was answered; of an engine's version, such as 8.4, the whole version is, such as 8.4.6."""
    if path == "engineVersion":
        return any(f"{each}.".startswith(f"{value}.") for each in answered)
    return value in answered


def _text(value: object) -> str:
    """A number as the engine and AWS write it: 70 and 70.0 are one."""
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_has_the_tags_that_the_program_gave(platform: Platform, stack: str) -> None:
    """No more, no less, whatever a service's own form of tags is."""
    differing, client = {}, platform.client
    for one in made(platform, stack):
        if "tags" in one.inputs:
            found = tags_of(client, one)
            wanted = {name: value for name, value in one.inputs["tags"].items() if name != "__defaults"}
            if found != wanted:
                differing[one.urn.rpartition("::")[2]] = (one.type, wanted, found)
    assert differing == {}


@pytest.mark.parametrize("stack", STACKS)
def test_aws_answers_what_the_program_gave(platform: Platform, stack: str) -> None:
    missing, client = {}, platform.client
    for one in made(platform, stack):
        if one.type in DESCRIBED:
            answered = set(leaves(DESCRIBED[one.type](client, one)))
            if lost := [(path, value) for path, value in given(one.inputs) if not _is_among(path, value, answered)]:
                missing[one.urn.rpartition("::")[2]] = lost
    assert missing == {}


def test_backup_answers_clients_that_end_no_path_with_a_slash(platform: Platform) -> None:
    """Go's, with which the official provider is written. boto3 ends the paths of AWS Backup with one."""
    backup = platform.own_client("backup")
    vault = platform.outputs("prod")["backup_vault"]
    arn = backup.describe_backup_vault(BackupVaultName=vault)["BackupVaultArn"]
    [plan, *_] = [each["BackupPlanId"] for each in backup.list_backup_plans()["BackupPlansList"]]

    def answers() -> list[dict[str, Any]]:
        asked = [
            backup.list_tags(ResourceArn=arn),
            backup.describe_backup_vault(BackupVaultName=vault),
            backup.list_backup_vaults(),
            backup.list_backup_plans(),
            backup.get_backup_plan(BackupPlanId=plan),
            backup.list_backup_selections(BackupPlanId=plan),
            backup.list_recovery_points_by_backup_vault(BackupVaultName=vault),
            backup.list_recovery_points_by_resource(ResourceArn=arn),
            backup.list_backup_jobs(),
        ]
        return [{name: value for name, value in each.items() if name != "ResponseMetadata"} for each in asked]

    with_slash = answers()

    def strip(request: AWSRequest, **_: Any) -> None:
        path, question, query = request.url.partition("?")
        request.url = path.rstrip("/") + question + query

    backup.meta.events.register("before-sign.backup.*", strip)
    assert answers() == with_slash
    assert with_slash[0]["Tags"]["ManagedBy"] == "pulumi"
