"""Adapters of IAM and the functions about the caller and its place, against the embedded AWS."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.registry import find_adapter, find_function
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()
TAGS = {"Name": "main", "Client": "client"}
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/policy:Policy"


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def permit(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def a_role(aws: Aws, name: str) -> str:
    return create(aws, ROLE, {"name": name, "assumeRolePolicy": trust("ec2.amazonaws.com")})


def a_managed_policy(aws: Aws, name: str) -> str:
    arn: str = aws.client("iam").create_policy(PolicyName=name, PolicyDocument=permit("s3:*"))["Policy"]["Arn"]
    return arn


@SAMPLES.case(ROLE)
def of_an_instance(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "instance",
            "path": "/site/",
            "assumeRolePolicy": trust("ec2.amazonaws.com"),
            "description": "of the site's instances",
            "permissionsBoundary": a_managed_policy(aws, "boundary"),
            "tags": TAGS,
        },
        updates=[
            {"assumeRolePolicy": trust("elasticbeanstalk.amazonaws.com")},
            {"description": None, "maxSessionDuration": 7200},
            {"permissionsBoundary": None},
        ],
    )


@SAMPLES.case("aws:iam/rolePolicy:RolePolicy")
def inline(aws: Aws) -> Case:
    return Case(
        inputs={"name": "read", "role": a_role(aws, "reader"), "policy": permit("s3:GetObject")},
        updates=[{"policy": permit("s3:*")}],
    )


@SAMPLES.case(POLICY)
def of_a_customer(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "refresh",
            "path": "/site/",
            "description": "of those who refresh",
            "policy": permit("rds:*"),
            "tags": TAGS,
        },
        # AWS keeps five versions.
        updates=[{"policy": permit(f"s3:Get{kind}")} for kind in ("Object", "ObjectAcl", "BucketAcl", "BucketPolicy")]
        + [{"policy": permit(f"rds:{action}")} for action in ("StartDBInstance", "StopDBInstance")],
    )


@SAMPLES.case("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def managed(aws: Aws) -> Case:
    return Case(inputs={"role": a_role(aws, "attached"), "policyArn": a_managed_policy(aws, "managed")})


@SAMPLES.case("aws:iam/instanceProfile:InstanceProfile")
def moved_to_another_role(aws: Aws) -> Case:
    return Case(
        inputs={"name": "web", "path": "/site/", "role": a_role(aws, "first"), "tags": TAGS},
        updates=[{"role": a_role(aws, "second")}, {"role": None}],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}


@pytest.mark.parametrize("force", [True, False])
def test_a_role_with_policies_goes_only_by_force(aws: Aws, force: bool) -> None:
    """Without ``forceDetachPolicies`` AWS's refusal reaches the user; with it the policies are detached first."""
    name = a_role(aws, f"held-{force}".lower())
    iam = aws.client("iam")
    iam.attach_role_policy(RoleName=name, PolicyArn=a_managed_policy(aws, f"held-{force}".lower()))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=permit("s3:*"))
    if force:
        find_adapter(ROLE).delete(aws, name, {"forceDetachPolicies": True})
        assert read(aws, ROLE, name) is None
    else:
        with pytest.raises(iam.exceptions.DeleteConflictException):
            find_adapter(ROLE).delete(aws, name, {"forceDetachPolicies": False})


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("getCallerIdentity", {}, {"accountId": "123456789012"}),
        ("getRegion", {}, {"region": "eu-west-3", "name": "eu-west-3", "description": "Europe (Paris)"}),
        ("getRegion", {"region": "us-east-1"}, {"region": "us-east-1", "endpoint": "ec2.us-east-1.amazonaws.com"}),
        (
            "getPartition",
            {},
            {"partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"},
        ),
        ("getAvailabilityZones", {"state": "available"}, {"names": ["eu-west-3a", "eu-west-3b", "eu-west-3c"]}),
        ("getAvailabilityZones", {"excludeNames": ["eu-west-3b"]}, {"names": ["eu-west-3a", "eu-west-3c"]}),
        (
            "getAvailabilityZones",
            {"filters": [{"name": "zone-name", "values": ["eu-west-3c"]}]},
            {"names": ["eu-west-3c"], "zoneIds": ["euw3-az3"]},
        ),
    ],
)
def test_functions(aws: Aws, name: str, args: Values, expected: Values) -> None:
    """The functions tell what the embedded AWS says about itself."""
    answer = find_function(f"aws:index/{name}:{name}")(aws, args)
    assert {key: answer[key] for key in expected} == expected
