"""What must hold of a kind of resource wherever it is in either stack: encrypted, closed to the internet, kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from tests.unit import cloud
from tests.unit.graph import Graph, Resource

ENCRYPTED: Mapping[type, tuple[str, ...]] = {
    aws.ebs.Volume: ("encrypted",),
    aws.ec2.Instance: ("rootBlockDevice.encrypted",),
    aws.elasticache.ReplicationGroup: ("atRestEncryptionEnabled", "transitEncryptionEnabled"),
    aws.opensearch.Domain: ("encryptAtRest.enabled", "nodeToNodeEncryption.enabled"),
    aws.rds.Instance: ("storageEncrypted",),
}
KEPT_UNDER_THE_STACKS_KEY: Mapping[type, str] = {
    aws.backup.Vault: "kmsKeyArn",
    aws.cloudwatch.LogGroup: "kmsKeyId",
    aws.ebs.Volume: "kmsKeyId",
    aws.ec2.Instance: "rootBlockDevice.kmsKeyId",
    aws.elasticache.ReplicationGroup: "kmsKeyId",
    aws.opensearch.Domain: "encryptAtRest.kmsKeyId",
    aws.rds.Instance: "kmsKeyId",
    aws.secretsmanager.Secret: "kmsKeyId",
    aws.sns.Topic: "kmsMasterKeyId",
}


def value_at(resource: Resource, path: str) -> Any:
    """An input by its dotted path; None when it is not there."""
    found: Any = resource.inputs
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


@pytest.mark.parametrize("kind", ENCRYPTED, ids=lambda kind: kind.__name__)
def test_data_is_encrypted_at_rest_and_between_nodes(graph: Graph, kind: type) -> None:
    found = {(each.name, path): value_at(each, path) for each in graph.of_type(kind) for path in ENCRYPTED[kind]}
    assert found
    assert [where for where, encrypted in found.items() if encrypted is not True] == []


@pytest.mark.parametrize("kind", KEPT_UNDER_THE_STACKS_KEY, ids=lambda kind: kind.__name__)
def test_data_is_encrypted_with_the_stacks_own_key(prod: Graph, kind: type) -> None:
    """AWS's own keys cannot be withdrawn from anybody, and cannot be shared with a second account."""
    key = prod.one(aws.kms.Key).outputs["arn"]
    found = {each.name: value_at(each, KEPT_UNDER_THE_STACKS_KEY[kind]) for each in prod.of_type(kind)}
    assert found
    assert [name for name, used in found.items() if used != key] == []


def test_the_key_is_rotated_and_leaves_time_to_change_ones_mind(graph: Graph) -> None:
    key = graph.one(aws.kms.Key).inputs
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30


def test_no_data_store_has_a_public_address(graph: Graph) -> None:
    assert {each.inputs["publiclyAccessible"] for each in graph.of_type(aws.rds.Instance)} == {False}
    for domain in graph.of_type(aws.opensearch.Domain):
        assert domain.inputs["vpcOptions"]["subnetIds"]


def test_instances_give_their_credentials_to_no_request_that_was_passed_on(graph: Graph) -> None:
    """IMDSv2 only, one hop: what a proxy or a container on the instance passes on gets no answer."""
    options = [each.inputs["metadataOptions"] for each in graph.of_type(aws.ec2.Instance)]
    assert options
    assert all((each["httpTokens"], each["httpPutResponseHopLimit"]) == ("required", 1) for each in options)
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        assert option(environment, "aws:autoscaling:launchconfiguration", "DisableIMDSv1") == "true"


def test_beanstalk_instances_are_in_private_subnets_and_have_no_public_address(graph: Graph) -> None:
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        assert option(environment, "aws:ec2:vpc", "AssociatePublicIpAddress") == "false"
        assert option(environment, "aws:ec2:vpc", "Subnets") != option(environment, "aws:ec2:vpc", "ELBSubnets")
        assert option(environment, "aws:autoscaling:launchconfiguration", "DisableDefaultEC2SecurityGroup") == "true"


def test_the_internet_reaches_only_the_shop_and_the_vpn(prod: Graph) -> None:
    """From anywhere: HTTP and HTTPS of load balancers, and OpenVPN's port."""
    anywhere = {
        (rule.inputs["ipProtocol"], rule.inputs.get("fromPort"), rule.inputs.get("toPort"))
        for rule in prod.of_type(aws.vpc.SecurityGroupIngressRule)
        if rule.inputs.get("cidrIpv4") == "0.0.0.0/0" or rule.inputs.get("cidrIpv6") == "::/0"
    }
    assert anywhere == {("tcp", 80, 80), ("tcp", 443, 443), ("udp", 1194, 1194)}


def test_logs_are_kept_for_as_long_as_is_written_down(prod: Graph) -> None:
    """Log groups keep what they hold for a number of days that is written down."""
    kept = {each.name: each.inputs.get("retentionInDays") for each in prod.of_type(aws.cloudwatch.LogGroup)}
    assert kept == {
        **{f"operations-{server}-server-logs": 90 for server in ("gateway", "phpmyadmin", "rundeck", "vpn")},
        "operations-windows-logs": 90,
        **{f"{satellite}-logs": 90 for satellite in ("custom-connection", "mirakl-cashout", "pim")},
        "shared-database-error-logs": 90,
        "shared-database-slowquery-logs": 90,
        "shared-platform-network-flow-log-group": 90,
        "shared-platform-session-manager-records": 365,
        "site-back-office-logs": 90,
        "site-database-error-logs": 90,
        "site-database-slowquery-logs": 90,
        "site-files-logs": 90,
        "site-front-logs": 90,
        "site-release-output": 90,
        "site-search-audit-logs": 365,
        "site-search-errors-logs": 365,
    }


def test_secrets_can_be_restored_in_production(prod: Graph) -> None:
    """A deleted secret comes back within thirty days."""
    assert {each.inputs["recoveryWindowInDays"] for each in prod.of_type(aws.secretsmanager.Secret)} == {30}


def test_data_volumes_and_databases_leave_a_snapshot_in_production(prod: Graph) -> None:
    assert {each.inputs["finalSnapshot"] for each in prod.of_type(aws.ebs.Volume)} == {True}
    for database in prod.of_type(aws.rds.Instance):
        assert database.inputs["skipFinalSnapshot"] is False
        assert database.inputs["finalSnapshotIdentifier"]
        assert database.inputs["deleteAutomatedBackups"] is False


def test_disks_are_of_the_current_kind(graph: Graph) -> None:
    """gp3 costs a fifth less than gp2, and gives its throughput at any size."""
    assert set(_disks(graph)) == {"gp3"}


def _disks(graph: Graph) -> Iterator[str]:
    yield from (each.inputs["type"] for each in graph.of_type(aws.ebs.Volume))
    yield from (each.inputs["rootBlockDevice"]["volumeType"] for each in graph.of_type(aws.ec2.Instance))
    yield from (each.inputs["storageType"] for each in graph.of_type(aws.rds.Instance))
    yield from (each.inputs["ebsOptions"]["volumeType"] for each in graph.of_type(aws.opensearch.Domain))
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        yield str(option(environment, "aws:autoscaling:launchconfiguration", "RootVolumeType"))


def option(environment: Resource, namespace: str, name: str) -> Any:
    """The value of one of an environment's option settings; None when it is not set."""
    for each in environment.inputs["settings"]:
        if (each["namespace"], each["name"]) == (namespace, name):
            return each["value"]
    return None


ASSUMES_WITHOUT_AN_ACCOUNT = {
    "ec2.amazonaws.com": None,
    "backup.amazonaws.com": None,
    "elasticbeanstalk.amazonaws.com": {"StringEquals": {"sts:ExternalId": "elasticbeanstalk"}},
}
"""The services that do not say for whom they assume a role, and what AWS's own roles for them ask instead. Nobody can
give a role to a service in another account ("Grant a user permissions to pass a role to an AWS service")."""


def statements(document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document)["Statement"]
    return found


def test_a_service_assumes_a_role_for_this_account_only(graph: Graph) -> None:
    """Otherwise the service could be made to use it for somebody else ("The confused deputy problem")."""
    roles = {
        (role.name, each["Principal"]["Service"]): each.get("Condition")
        for role in graph.of_type(aws.iam.Role)
        for each in statements(role.inputs["assumeRolePolicy"])
        if "Service" in each["Principal"]
    }
    assert roles
    for (name, service), condition in roles.items():
        for_this_account = {"StringEquals": {"aws:SourceAccount": cloud.ACCOUNT}}
        assert condition == ASSUMES_WITHOUT_AN_ACCOUNT.get(service, for_this_account), name


def test_a_service_that_a_policy_lets_in_comes_for_this_account_only(graph: Graph) -> None:
    """Policies of keys, topics, buckets and log groups. Load balancers are bound by the path that they write to."""
    documents = [
        *((each.name, each.inputs["policy"]) for each in graph.of_type(aws.kms.Key)),
        *((each.name, each.inputs["policy"]) for each in graph.of_type(aws.sns.Topic)),
        *((each.name, each.inputs["policy"]) for each in graph.of_type(aws.s3.BucketPolicy)),
        *((each.name, each.inputs["policyDocument"]) for each in graph.of_type(aws.cloudwatch.LogResourcePolicy)),
    ]
    open_to_services = [
        (name, each)
        for name, document in documents
        for each in statements(document)
        if isinstance(each["Principal"], dict) and "Service" in each["Principal"]
    ]
    assert open_to_services
    assert [
        name
        for name, each in open_to_services
        if cloud.ACCOUNT not in json.dumps({key: each.get(key) for key in ("Condition", "Resource")})
    ] == []


def test_nobody_uploads_through_the_endpoint_with_credentials_of_another_account(prod: Graph) -> None:
    """Downloads stay open: Amazon's packages and agents come from buckets of Amazon, without a signature."""
    allowed = statements(prod.one(aws.ec2.VpcEndpoint).inputs["policy"])
    of_anybody = [each for each in allowed if "Condition" not in each]
    assert [each["Action"] for each in of_anybody] == [["s3:GetObject", "s3:GetObjectVersion"]]
    [of_this_account] = [each for each in allowed if "Condition" in each]
    assert of_this_account["Condition"] == {"StringEquals": {"aws:PrincipalAccount": cloud.ACCOUNT}}


def test_a_cache_has_a_snapshot_of_the_last_day(graph: Graph) -> None:
    assert {each.inputs["snapshotRetentionLimit"] for each in graph.of_type(aws.elasticache.ReplicationGroup)} == {1}


def test_servers_do_not_read_the_parameters_of_the_account(graph: Graph) -> None:
    """AmazonSSMManagedInstanceCore allows `ssm:GetParameter` on everything, also on other people's secrets."""
    attached = {each.inputs["policyArn"].rpartition("/")[2] for each in graph.of_type(aws.iam.RolePolicyAttachment)}
    assert "AmazonSSMManagedEC2InstanceDefaultPolicy" in attached
    assert "AmazonSSMManagedInstanceCore" not in attached
