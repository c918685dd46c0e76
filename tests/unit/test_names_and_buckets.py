"""Rows 13, 14 and 18: buckets, certificate and domain names."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.shared.cost_report import CostReport, CostReportArgs
from settings.cost_report import CostReportSettings, Granularity
from tests.unit import cloud
from tests.unit.graph import Graph
from tests.unit.program import build, program
from tests.unit.settings.faults import faults_of
from tests.unit.surroundings import CONTEXT


@pytest.fixture(scope="module")
def prod() -> Graph:
    return program("prod")


@pytest.fixture(scope="module")
def of_ansible(prod: Graph) -> str:
    """The bucket of Rundeck's server. No person uses it, so Pulumi makes up its name."""
    [bucket] = (each for each in prod.of_type(aws.s3.Bucket) if "bucket" not in each.inputs)
    assert bucket.name == "operations-rundeck-ansible-bucket"
    return bucket.id


@pytest.mark.row(13)
def test_the_notes_buckets(prod: Graph, of_ansible: str) -> None:
    """Row 13's four, one for CloudFront's logs and one for releases, under the names that people and other systems
    use, and Ansible's; pre-production makes none."""
    assert {each.id for each in prod.of_type(aws.s3.Bucket)} == {
        of_ansible,
        "client-billing",
        "client-magento-cdn-logs",
        "client-magento-config",
        "client-magento-elb-logs",
        "client-magento-releases",
        "client-temp-storage",
    }
    assert not program("preprod").of_type(aws.s3.Bucket)


@pytest.mark.row(13)
def test_no_bucket_is_public(prod: Graph) -> None:
    """All four switches on, ACLs off, versions kept, and plain HTTP refused, for every bucket."""
    buckets = {each.id for each in prod.of_type(aws.s3.Bucket)}
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


def test_encryption_suits_who_writes(prod: Graph, of_ansible: str) -> None:
    """The stack's key where only we write; S3's own where AWS delivers, which takes nothing else."""
    found = {
        each.inputs["bucket"]: each.inputs["rules"][0]["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
        for each in prod.of_type(aws.s3.BucketServerSideEncryptionConfiguration)
    }
    assert found == {
        of_ansible: "aws:kms",
        "client-billing": "AES256",
        "client-magento-cdn-logs": "AES256",
        "client-magento-config": "aws:kms",
        "client-magento-elb-logs": "AES256",
        "client-magento-releases": "aws:kms",
        "client-temp-storage": "aws:kms",
    }


@pytest.mark.row(13)
def test_temporary_things_and_logs_go_away_and_nothing_else_does(prod: Graph, of_ansible: str) -> None:
    expiring = {
        each.inputs["bucket"]: rule["expiration"]["days"]
        for each in prod.of_type(aws.s3.BucketLifecycleConfiguration)
        for rule in each.inputs["rules"]
        if "expiration" in rule
    }
    assert expiring == {
        of_ansible: 1,
        "client-temp-storage": 14,
        "client-magento-elb-logs": 90,
        "client-magento-cdn-logs": 90,
    }


def statements(prod: Graph, bucket: str) -> dict[str, dict[str, Any]]:
    """A bucket's policy, by the statements' ids."""
    [policy] = [each for each in prod.of_type(aws.s3.BucketPolicy) if each.inputs["bucket"] == bucket]
    return {each["Sid"]: each for each in json.loads(policy.inputs["policy"])["Statement"]}


def test_log_delivery_may_write_cloudfronts_logs_and_nothing_else(prod: Graph) -> None:
    """As AWS words it, for this account's sources: AWS adds to a policy what it does not find, which the next run would
    take away."""
    written = statements(prod, "client-magento-cdn-logs")["AWSLogDeliveryWrite1"]
    assert written["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert (written["Action"], written["Resource"]) == (
        "s3:PutObject",
        f"arn:aws:s3:::client-magento-cdn-logs/AWSLogs/{cloud.ACCOUNT}/*",
    )
    assert written["Condition"] == {
        "StringEquals": {"aws:SourceAccount": cloud.ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{cloud.ACCOUNT}:delivery-source:*"},
    }


def test_deliveries_wait_until_they_may_write(prod: Graph) -> None:
    """AWS looks at the bucket's policy when they are made."""
    destination = prod.one(aws.cloudwatch.LogDeliveryDestination)
    assert any("bucketPolicy" in urn for urn in destination.comes_from("deliveryDestinationConfiguration"))
    assert any("bucketPolicy" in urn for urn in prod.one(aws.bcmdata.Export).comes_from("export"))


@pytest.mark.row(13)
def test_the_cost_report_goes_to_the_bucket_for_it(prod: Graph) -> None:
    """Every resource on a line of its own and a day, in files that are written anew; pre-production has none, since an
    account has one bill."""
    export = prod.one(aws.bcmdata.Export).inputs["export"]
    [destination] = export["destinationConfigurations"][0]["s3Destinations"]
    assert (export["name"], destination["s3Bucket"], destination["s3Region"]) == (
        "client-costs",
        "client-billing",
        "eu-west-3",
    )
    [query] = export["dataQueries"]
    assert query["queryStatement"].startswith("SELECT bill_billing_entity, ")
    assert query["queryStatement"].endswith(" FROM COST_AND_USAGE_REPORT")
    assert {"line_item_resource_id", "line_item_unblended_cost", "resource_tags"} <= set(
        query["queryStatement"].replace(",", "").split()
    )
    assert query["tableConfigurations"] == {
        "COST_AND_USAGE_REPORT": {
            "BILLING_VIEW_ARN": f"arn:aws:billing::{cloud.ACCOUNT}:billingview/primary",
            "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
            "INCLUDE_RESOURCES": "TRUE",
            "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
            "TIME_GRANULARITY": "DAILY",
        }
    }
    assert not program("preprod").of_type(aws.bcmdata.Export)


def test_billing_may_write_for_this_accounts_reports_only(prod: Graph) -> None:
    for sid in ("BillingChecksTheBucket", "BillingWritesReports"):
        condition = statements(prod, "client-billing")[sid]["Condition"]
        assert condition["StringEquals"] == {"aws:SourceAccount": cloud.ACCOUNT}
        assert f"arn:aws:bcm-data-exports:us-east-1:{cloud.ACCOUNT}:export/*" in condition["ArnLike"]["aws:SourceArn"]


def test_a_coarser_report_has_no_resources() -> None:
    """The column for them is there only when they are distinguished: AWS refuses the query otherwise."""
    report = CostReportSettings(name="client-costs", granularity=Granularity.MONTHLY, by_resource=False)
    graph = build(
        lambda: CostReport(
            "cost-report",
            CostReportArgs(context=CONTEXT, report=report, bucket_name="client-billing"),
        )
    )
    [query] = graph.one(aws.bcmdata.Export).inputs["export"]["dataQueries"]
    assert "line_item_resource_id" not in query["queryStatement"]
    table = query["tableConfigurations"]["COST_AND_USAGE_REPORT"]
    assert (table["INCLUDE_RESOURCES"], table["TIME_GRANULARITY"]) == ("FALSE", "MONTHLY")


def test_a_report_needs_a_name_that_aws_takes() -> None:
    assert faults_of(lambda: CostReportSettings(name="client costs")) == [
        'name: got "client costs", expected 1 to 128 letters, digits, hyphens and underscores'
    ]


def test_load_balancer_logs_are_on_once_they_may_be_written(prod: Graph) -> None:
    """AWS tries the bucket when logging is turned on, so the load balancer waits for the bucket's policy."""
    balancer = prod.one(aws.lb.LoadBalancer)
    assert balancer.inputs["accessLogs"] == {"bucket": "client-magento-elb-logs", "enabled": True, "prefix": "prod"}
    assert any("bucketPolicy" in urn for urn in balancer.comes_from("accessLogs"))
    assert "accessLogs" not in program("preprod").one(aws.lb.LoadBalancer).inputs


@pytest.mark.row(14)
def test_the_certificate_is_imported_where_each_service_looks(prod: Graph) -> None:
    """Once in the stack's region for load balancers, once in us-east-1 for CloudFront; the key only as a secret."""
    certificates = prod.of_type(aws.acm.Certificate)
    assert {each.inputs.get("region") for each in certificates} == {None, "us-east-1"}
    assert all(each.is_secret("privateKey") for each in certificates)


@pytest.mark.row(18)
def test_one_zone_for_the_world_and_one_for_the_network(prod: Graph) -> None:
    """client.url is public; internal-client.url is answered inside the VPC alone."""
    zones = {each.inputs["name"]: each.inputs.get("vpcs", []) for each in prod.of_type(aws.route53.Zone)}
    assert zones == {"client.url": [], "internal-client.url": [{"vpcId": prod.one(aws.ec2.Vpc).id}]}


@pytest.mark.row(18)
@pytest.mark.parametrize(
    ("stack", "names"),
    [("prod", {"client.url", "www.client.url", "origin.client.url"}), ("preprod", {"preprod.client.url"})],
)
def test_site_names_lead_to_the_sites_load_balancer(stack: str, names: set[str]) -> None:
    graph = program(stack)
    balancer = graph.one(aws.lb.LoadBalancer)
    public = program("prod").one(aws.route53.Zone, name="shared-platform-domains-public").id
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
