"""Adapters of search domains, against the embedded AWS."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
)
from sandbox.tests.provider.networks import security_groups, subnets

SAMPLES = Samples()
TAGS = {"Name": "main", "Client": "client"}
KEY_ARN = "arn:aws:kms:eu-west-3:123456789012:key/6f3c6a5e-0000-4000-8000-000000000000"
DOMAIN = "aws:opensearch/domain:Domain"


@SAMPLES.case(DOMAIN)
def production_search(aws: Aws) -> Case:
    subnet_ids = subnets(aws)
    first, second = security_groups(aws, subnet_ids[0])
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "es:*"}]}
    log_group = "arn:aws:logs:eu-west-3:123456789012:log-group:search"
    slow_log = {"cloudwatchLogGroupArn": log_group, "logType": "SEARCH_SLOW_LOGS"}
    cluster = {
        "instanceType": "r7g.large.search",
        "instanceCount": 3,
        "zoneAwarenessEnabled": True,
        "zoneAwarenessConfig": {"availabilityZoneCount": 3},
    }
    return Case(
        inputs={
            "domainName": "production",
            "engineVersion": "OpenSearch_3.1",
            "clusterConfig": cluster,
            "ebsOptions": {"ebsEnabled": True, "volumeSize": 100, "volumeType": "gp3", "iops": 3000, "throughput": 125},
            "vpcOptions": {"subnetIds": subnet_ids, "securityGroupIds": [first]},
            "encryptAtRest": {"enabled": True, "kmsKeyId": KEY_ARN},
            "nodeToNodeEncryption": {"enabled": True},
            "domainEndpointOptions": {"tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
            "advancedSecurityOptions": {"enabled": True, "internalUserDatabaseEnabled": True},
            "advancedOptions": {"indices.query.bool.max_clause_count": "8192"},
            "autoTuneOptions": {"desiredState": "DISABLED"},
            "accessPolicies": json.dumps(policy),
            "logPublishingOptions": [slow_log],
            "offPeakWindowOptions": {"offPeakWindow": {"windowStartTime": {"hours": 2, "minutes": 30}}},
            "softwareUpdateOptions": {"autoSoftwareUpdateEnabled": True},
            "tags": TAGS,
        },
        updates=[
            {
                "clusterConfig": {"instanceType": "r7g.xlarge.search", "instanceCount": 3},
                "vpcOptions": {"subnetIds": subnet_ids[:1], "securityGroupIds": [first]},
            },
            {
                "ebsOptions": {
                    "ebsEnabled": True,
                    "volumeSize": 200,
                    "volumeType": "gp3",
                    "iops": 4000,
                    "throughput": 250,
                }
            },
            {"vpcOptions": {"subnetIds": subnet_ids[:1], "securityGroupIds": [second]}},
            {"domainEndpointOptions": {"enforceHttps": False, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}},
            {"accessPolicies": json.dumps({**policy, "Statement": []})},
            {"logPublishingOptions": [{**slow_log, "logType": "ES_APPLICATION_LOGS"}]},
            {"logPublishingOptions": None},
            {"advancedOptions": {"indices.query.bool.max_clause_count": "4096"}},
            {"softwareUpdateOptions": {"autoSoftwareUpdateEnabled": False}},
            {"offPeakWindowOptions": {"offPeakWindow": {"windowStartTime": {"hours": 4, "minutes": 0}}}},
            {"autoTuneOptions": {"desiredState": "ENABLED"}},
            {"engineVersion": "OpenSearch_3.3"},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_the_master_user_of_a_search_domain_is_sent_to_aws_and_never_read(aws: Aws) -> None:
    """AWS does not give a password back: what the program said stays, and an import has none."""
    security = {
        "enabled": True,
        "internalUserDatabaseEnabled": True,
        "masterUserOptions": {"masterUserName": "magento", "masterUserPassword": "Never-told-1"},
    }
    inputs = {"domainName": "guarded", "advancedSecurityOptions": security}
    id = create(aws, DOMAIN, inputs)
    known, imported = find_adapter(DOMAIN).read(aws, id, inputs), read(aws, DOMAIN, "guarded")
    assert known is not None
    assert imported is not None
    assert known["advancedSecurityOptions"] == security
    assert imported["advancedSecurityOptions"] == {"enabled": True, "internalUserDatabaseEnabled": True}


def test_an_option_that_is_not_handled_is_refused_at_preview() -> None:
    """Nothing nested is silently dropped: the message names the property."""
    problems = find_adapter(DOMAIN).check({"clusterConfig": {"instanceKind": "large"}})
    assert [path for path, _ in problems] == ["clusterConfig.instanceKind"]
