"""Adapters of caches, against the embedded AWS."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    round_trip,
)
from sandbox.tests.provider.networks import security_groups, subnets

SAMPLES = Samples()
TAGS = {"Name": "main", "Client": "client"}
KEY_ARN = "arn:aws:kms:eu-west-3:123456789012:key/6f3c6a5e-0000-4000-8000-000000000000"
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def cache_parameter_group(aws: Aws, name: str) -> str:
    return create(aws, "aws:elasticache/parameterGroup:ParameterGroup", {"name": name, "family": "valkey8"})


@SAMPLES.case("aws:elasticache/subnetGroup:SubnetGroup")
def cache_subnets(aws: Aws) -> Case:
    first, second, third = subnets(aws)
    return Case(
        inputs={"name": "cache-subnets", "subnetIds": [first, second], "tags": TAGS},
        updates=[{"subnetIds": [third, second]}, {"description": "private subnets"}],
    )


@SAMPLES.case("aws:elasticache/parameterGroup:ParameterGroup")
def cache_parameters(aws: Aws) -> Case:
    policy = {"name": "maxmemory-policy", "value": "allkeys-lru"}
    return Case(
        inputs={
            "name": "cache-parameters",
            "family": "valkey8",
            "description": "sessions",
            "parameters": [policy, {"name": "timeout", "value": "300"}],
            "tags": TAGS,
        },
        updates=[{"parameters": [{"name": "timeout", "value": "60"}, policy]}, {"parameters": [policy]}],
    )


@SAMPLES.case(GROUP)
def production_cache(aws: Aws) -> Case:
    subnet_ids = subnets(aws)
    first, second = security_groups(aws, subnet_ids[0])
    group = create(aws, "aws:elasticache/subnetGroup:SubnetGroup", {"name": "production", "subnetIds": subnet_ids})
    log = {"destinationType": "cloudwatch-logs", "logFormat": "json", "logType": "slow-log", "destination": "slow"}
    return Case(
        inputs={
            "replicationGroupId": "production",
            "description": "sessions and cache",
            "engine": "valkey",
            "engineVersion": "8.0",
            "nodeType": "cache.r7g.large",
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "multiAzEnabled": True,
            "port": 6380,
            "parameterGroupName": cache_parameter_group(aws, "production"),
            "subnetGroupName": group,
            "securityGroupIds": [second, first],
            "atRestEncryptionEnabled": True,
            "kmsKeyId": KEY_ARN,
            "transitEncryptionEnabled": True,
            "authToken": "a-token-that-aws-never-tells",
            "snapshotRetentionLimit": 1,
            "snapshotWindow": "02:00-03:00",
            "maintenanceWindow": "sun:03:30-sun:04:30",
            "autoMinorVersionUpgrade": True,
            "applyImmediately": True,
            "logDeliveryConfigurations": [log],
            "notificationTopicArn": "arn:aws:sns:eu-west-3:123456789012:cache",
            "tags": TAGS,
        },
        updates=[
            {"numCacheClusters": 3},
            {"automaticFailoverEnabled": False, "multiAzEnabled": False, "numCacheClusters": 1},
            {"automaticFailoverEnabled": True, "numCacheClusters": 2},
            {"description": "cache", "nodeType": "cache.r7g.xlarge"},
            {"parameterGroupName": cache_parameter_group(aws, "production-next"), "securityGroupIds": [first]},
            {"snapshotRetentionLimit": 3, "snapshotWindow": "01:00-02:00", "maintenanceWindow": "mon:03:30-mon:04:30"},
            {"authToken": "the-next-token-of-the-cache", "authTokenUpdateStrategy": "SET"},
            {"autoMinorVersionUpgrade": False, "engineVersion": "8.1"},
            {"logDeliveryConfigurations": [{**log, "logType": "engine-log"}]},
            {"logDeliveryConfigurations": None, "notificationTopicArn": None},
        ],
    )


@SAMPLES.case(GROUP)
def single_node_cache(aws: Aws) -> Case:
    return Case(
        inputs={"replicationGroupId": "single", "description": "one node", "nodeType": "cache.t4g.small"},
        updates=[
            {"applyImmediately": True, "engine": "valkey", "engineVersion": "8.0"},
            {"finalSnapshotIdentifier": "single-final"},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


@pytest.mark.parametrize(
    ("token", "inputs", "property"),
    [
        (GROUP, {"multiAzEnabled": True, "automaticFailoverEnabled": False}, "multiAzEnabled"),
        (GROUP, {"automaticFailoverEnabled": True, "numCacheClusters": 1}, "automaticFailoverEnabled"),
    ],
)
def test_what_aws_would_refuse_is_refused_at_preview(token: str, inputs: dict[str, object], property: str) -> None:
    """A combination that AWS refuses, and a nested property that is not handled, name the property at fault."""
    assert [path for path, _ in find_adapter(token).check(inputs)] == [property]


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        (("valkey", "8.1"), ("valkey", "8.0"), {"engineVersion"}),
        (("valkey", "8.0"), ("valkey", "7.2"), {"engineVersion"}),
        (("valkey", "7.2"), ("redis", "7.1"), {"engine", "engineVersion"}),
        (("redis", "6.x"), ("redis", "6.2"), {"engineVersion"}),
        (("valkey", "8.0"), ("valkey", "8.1"), set()),
        (("redis", "7.1"), ("valkey", "7.2"), set()),
    ],
)
def test_an_older_version_or_redis_again_is_a_new_group(
    before: tuple[str, str], after: tuple[str, str], replaces: set[str]
) -> None:
    """As the official provider plans it: with the old group go the sessions."""
    old, new = (dict(zip(("engine", "engineVersion"), each, strict=True)) for each in (before, after))
    assert find_adapter(GROUP).replaced(old, new) == replaces
