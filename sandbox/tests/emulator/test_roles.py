"""IAM of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.refusals import aws_refuses


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("opensearchservice.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchService"),
        ("es.amazonaws.com", "AWSServiceRoleForAmazonElasticsearchService"),
        ("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache"),
    ],
)
def test_service_linked_roles_have_awss_names(iam: Any, service: str, name: str) -> None:
    role = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    assert (role["RoleName"], role["Path"]) == (name, f"/aws-service-role/{service}/")


def test_a_service_has_one_role(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="opensearchservice.amazonaws.com")
    with aws_refuses("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="opensearchservice.amazonaws.com")


def test_tags_of_an_instance_profile_are_listed(iam: Any) -> None:
    tags = [{"Key": "System", "Value": "web"}]
    iam.create_instance_profile(InstanceProfileName="web", Tags=tags)
    assert iam.list_instance_profile_tags(InstanceProfileName="web")["Tags"] == tags
