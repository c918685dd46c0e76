"""A stack's state becomes the Terraform plan that checkov reads."""

from __future__ import annotations

from typing import Any

import pytest

from scanners.terraform import plan, terraform_type

URN = "urn:pulumi:prod::magento::magento:network:Network$"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def resource(token: str, name: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"urn": f"{URN}{token}::{name}", "type": token, "custom": True, "inputs": inputs, **more}


def values(*resources: dict[str, Any]) -> dict[str, Any]:
    """The values of the only resource in the plan."""
    [planned] = plan({"resources": resources})["planned_values"]["root_module"]["resources"]
    found: dict[str, Any] = planned["values"]
    return found


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "aws_vpc_endpoint"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
        ("aws:lb/listenerRule:ListenerRule", "aws_lb_listener_rule"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:elasticbeanstalk/environment:Environment", "aws_elastic_beanstalk_environment"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws_s3_object"),
        ("aws:wafv2/webAcl:WebAcl", "aws_wafv2_web_acl"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws_cloudwatch_metric_alarm"),
    ],
)
def test_a_type_has_terraforms_name(token: str, expected: str) -> None:
    assert terraform_type(token) == expected


def test_objects_are_blocks_and_lists_of_them_have_one_name() -> None:
    """Pulumi's plural is Terraform's singular, except for a few."""
    assert values(
        resource(
            "aws:cloudfront/distribution:Distribution",
            "media",
            {
                "viewerCertificate": {"sslSupportMethod": "sni-only"},
                "origins": [{"originId": "site"}],
                "aliases": ["media.client.url"],
                "tags": {"Client": "client"},
                "__defaults": [],
            },
            outputs={"arn": "arn:distribution", "domainName": "d1.cloudfront.net"},
        )
    ) == {
        "arn": "arn:distribution",
        "viewer_certificate": [{"ssl_support_method": "sni-only"}],
        "origin": [{"origin_id": "site"}],
        "aliases": ["media.client.url"],
        "tags": {"Client": "client"},
    }
    assert values(resource("aws:route53/record:Record", "www", {"aliases": [{"name": "lb"}]})) == {
        "alias": [{"name": "lb"}]
    }
    assert "log_publishing_options" in values(
        resource("aws:opensearch/domain:Domain", "search", {"logPublishingOptions": [{"logType": "AUDIT_LOGS"}]})
    )


def test_a_plan_holds_no_secret() -> None:
    inputs = {"masterPassword": SECRET, "authToken": SECRET}
    assert values(resource("aws:rds/instance:Instance", "database", inputs)) == {
        "master_password": "secret",
        "auth_token": "secret",
    }


def test_references_between_resources_are_expressions() -> None:
    """By them, checkov finds the policy of a bucket. Components and other providers' resources are left out."""
    bucket = resource("aws:s3/bucket:Bucket", "media-bucket", {})
    policy = resource(
        "aws:s3/bucketPolicy:BucketPolicy", "media-policy", {}, propertyDependencies={"bucket": [bucket["urn"]]}
    )
    component = {"urn": f"{URN}::component", "type": "magento:shared:Bucket", "custom": False}
    password = resource("random:index/randomPassword:RandomPassword", "password", {})
    configured = plan({"resources": [component, bucket, policy, password]})["configuration"]["root_module"]["resources"]
    assert {each["address"]: each["expressions"] for each in configured} == {
        "aws_s3_bucket.media-bucket": {},
        "aws_s3_bucket_policy.media-policy": {
            "bucket": {"references": ["aws_s3_bucket.media-bucket.id", "aws_s3_bucket.media-bucket"]}
        },
    }
