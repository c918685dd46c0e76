"""Rows 13, 14 and 18: buckets, certificate and domain names."""

from __future__ import annotations

import json

import pulumi_aws as aws
import pytest

from tests.unit.graph import Graph
from tests.unit.program import program


@pytest.fixture(scope="module")
def prod() -> Graph:
    return program("prod")


def test_the_notes_buckets(prod: Graph) -> None:
    """Four buckets under the names that people and other systems use; pre-production makes none."""
    assert {each.inputs["bucket"] for each in prod.of_type(aws.s3.Bucket)} == {
        "client-billing",
        "client-magento-config",
        "client-magento-elb-logs",
        "client-temp-storage",
    }
    assert not program("preprod").of_type(aws.s3.Bucket)


def test_no_bucket_is_public(prod: Graph) -> None:
    """All four switches on, ACLs off, versions kept, and plain HTTP refused, for every bucket."""
    buckets = {each.inputs["bucket"] for each in prod.of_type(aws.s3.Bucket)}
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    closed = {
        each.inputs["bucket"]
        for each in prod.of_type(aws.s3.BucketPublicAccessBlock)
        if all(each.inputs[switch] is True for switch in switches)
    }
    versioned = {
        each.inputs["bucket"]
        for each in prod.of_type(aws.s3.BucketVersioning)
        if each.inputs["versioningConfiguration"]["status"] == "Enabled"
    }
    owned = {
        each.inputs["bucket"]
        for each in prod.of_type(aws.s3.BucketOwnershipControls)
        if each.inputs["rule"]["objectOwnership"] == "BucketOwnerEnforced"
    }
    assert closed == versioned == owned == buckets
    for policy in prod.of_type(aws.s3.BucketPolicy):
        first = json.loads(policy.inputs["policy"])["Statement"][0]
        assert (first["Effect"], first["Principal"]) == ("Deny", "*")
        assert first["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_encryption_suits_who_writes(prod: Graph) -> None:
    """The stack's key where only we write; S3's own where AWS delivers, which takes nothing else."""
    found = {
        each.inputs["bucket"]: each.inputs["rules"][0]["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
        for each in prod.of_type(aws.s3.BucketServerSideEncryptionConfiguration)
    }
    assert found == {
        "client-billing": "AES256",
        "client-magento-config": "aws:kms",
        "client-magento-elb-logs": "AES256",
        "client-temp-storage": "aws:kms",
    }


def test_temporary_things_go_away_and_nothing_else_does(prod: Graph) -> None:
    expiring = {
        each.inputs["bucket"]: rule["expiration"]["days"]
        for each in prod.of_type(aws.s3.BucketLifecycleConfiguration)
        for rule in each.inputs["rules"]
        if "expiration" in rule
    }
    assert expiring == {"client-temp-storage": 14}


def test_load_balancer_logs_are_on_once_they_may_be_written(prod: Graph) -> None:
    """AWS tries the bucket when logging is turned on, so the load balancer waits for the bucket's policy."""
    balancer = prod.one(aws.lb.LoadBalancer)
    assert balancer.inputs["accessLogs"] == {"bucket": "client-magento-elb-logs", "enabled": True, "prefix": "prod"}
    assert any("bucketPolicy" in urn for urn in balancer.comes_from("accessLogs"))
    assert "accessLogs" not in program("preprod").one(aws.lb.LoadBalancer).inputs


def test_the_certificate_is_imported_where_each_service_looks(prod: Graph) -> None:
    """Once in the stack's region for load balancers, once in us-east-1 for CloudFront; the key only as a secret."""
    certificates = prod.of_type(aws.acm.Certificate)
    assert {each.inputs.get("region") for each in certificates} == {None, "us-east-1"}
    assert all(each.is_secret("privateKey") for each in certificates)


def test_one_zone_for_the_world_and_one_for_the_network(prod: Graph) -> None:
    """client.url is public; internal-client.url is answered inside the VPC alone."""
    zones = {each.inputs["name"]: each.inputs.get("vpcs", []) for each in prod.of_type(aws.route53.Zone)}
    assert zones == {"client.url": [], "internal-client.url": [{"vpcId": prod.one(aws.ec2.Vpc).id}]}


@pytest.mark.parametrize(
    ("stack", "names"),
    [("prod", {"client.url", "www.client.url", "origin.client.url"}), ("preprod", {"preprod.client.url"})],
)
def test_site_names_lead_to_the_sites_load_balancer(stack: str, names: set[str]) -> None:
    graph = program(stack)
    balancer = graph.one(aws.lb.LoadBalancer)
    public = program("prod").one(aws.route53.Zone, name="domains-public").id
    delivered = {"media.client.url", "static.client.url"}
    records = [
        each
        for each in graph.of_type(aws.route53.Record)
        if each.inputs["zoneId"] == public and each.inputs["name"] not in delivered
    ]
    assert {each.inputs["name"] for each in records} == names
    for record in records:
        assert (record.inputs["type"], record.inputs["zoneId"]) == ("A", public)
        assert record.inputs["aliases"][0]["name"] == balancer.outputs["dnsName"]
