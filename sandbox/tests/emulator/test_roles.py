"""IAM of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.emulator.iam.policies import INLINE_CHARACTERS, MANAGED_CHARACTERS, POLICIES_OF_A_ROLE
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


def of_length(characters: int) -> str:
    """A policy of so many characters, and as many blanks as it takes to be longer than any limit with them."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Resource"] += "x" * (characters - len(json.dumps(document, separators=(",", ":"))))
    text = json.dumps(document, separators=(",", ":"))
    assert len(text) == characters
    return text.replace("{", "{" + " " * INLINE_CHARACTERS, 1)


def a_role(iam: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name: str = iam.create_role(RoleName="releases", AssumeRolePolicyDocument=trust)["Role"]["RoleName"]
    return name


def test_all_inline_policies_of_a_role_together_have_a_length(iam: Any) -> None:
    """Without white space. The one that is replaced does not count."""
    role, half = a_role(iam), INLINE_CHARACTERS // 2
    for name in ("first", "second", "second"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=of_length(half))
    with aws_refuses("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role releases"):
        iam.put_role_policy(RoleName=role, PolicyName="second", PolicyDocument=of_length(half + 1))
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["first", "second"]


def test_a_managed_policy_has_a_length(iam: Any) -> None:
    """Without white space, when it is made and when it is changed."""
    longest, longer = of_length(MANAGED_CHARACTERS), of_length(MANAGED_CHARACTERS + 1)
    with aws_refuses("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy(PolicyName="refresh", PolicyDocument=longer)
    arn = iam.create_policy(PolicyName="refresh", PolicyDocument=longest)["Policy"]["Arn"]
    with aws_refuses("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=longer, SetAsDefault=True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"


def test_a_role_has_ten_managed_policies(iam: Any) -> None:
    """One that is attached already may be attached again."""
    role = a_role(iam)
    arns = [
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=of_length(200))["Policy"]["Arn"]
        for number in range(POLICIES_OF_A_ROLE + 1)
    ]
    for arn in (*arns[:-1], arns[0]):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with aws_refuses("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName=role, PolicyArn=arns[-1])
    iam.detach_role_policy(RoleName=role, PolicyArn=arns[0])
    iam.attach_role_policy(RoleName=role, PolicyArn=arns[-1])
    assert len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == POLICIES_OF_A_ROLE


def test_a_managed_policy_goes_once_nothing_uses_it(iam: Any) -> None:
    role, arn = a_role(iam), iam.create_policy(PolicyName="p", PolicyDocument=of_length(200))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with aws_refuses("DeleteConflict", "attached to entities"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=of_length(201), SetAsDefault=True)
    with aws_refuses("DeleteConflict", "more than one version"):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    with aws_refuses("NoSuchEntity"):
        iam.get_policy(PolicyArn=arn)
