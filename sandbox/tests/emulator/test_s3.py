"""S3 of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"
BUCKET = "client-magento-config"
LOGS = "client-logs"


@pytest.fixture
def s3(embedded_aws: None) -> Any:
    """A client of an account with two buckets."""
    s3 = client("s3", REGION)
    for name in (BUCKET, LOGS):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def statement(bucket: str = BUCKET, **changes: Any) -> dict[str, Any]:
    """A statement that denies everything to every principal; ``changes`` override."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    } | changes


def put_policy(s3: Any, *statements: dict[str, Any], bucket: str = BUCKET) -> None:
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def may_put(s3: Any, **parameters: Any) -> bool:
    try:
        s3.put_object(Bucket=BUCKET, Key="shop/env.php", Body=b"<?php", **parameters)
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "AccessDenied":
            return False
        raise
    return True


def test_a_policy_that_demands_tls_lets_the_embedded_endpoint_through(s3: Any) -> None:
    """Loopback counts as TLS: otherwise the usual statement would refuse every request."""
    put_policy(s3, statement(Condition={"Bool": {"aws:SecureTransport": "false"}}))
    assert may_put(s3)
    assert s3.head_object(Bucket=BUCKET, Key="shop/env.php")["ContentLength"] == 5


def test_a_denial_without_condition_denies(s3: Any) -> None:
    put_policy(s3, statement())
    assert not may_put(s3)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        pytest.param({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, False, id="header absent"),
        pytest.param(
            {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}}, False, id="if exists"
        ),
        pytest.param({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, True, id="not equal"),
        pytest.param({"Null": {"s3:x-amz-server-side-encryption": "true"}}, False, id="null"),
        pytest.param({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, True, id="TLS version"),
        pytest.param({"StringLike": {"aws:PrincipalAccount": "1234*"}}, False, id="account by pattern"),
        pytest.param({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True, id="unknown operator and key"),
        pytest.param({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True, id="unknown key, negated"),
        pytest.param(
            {"StringEquals": {"aws:PrincipalAccount": "123456789012"}, "Bool": {"aws:SecureTransport": "false"}},
            True,
            id="both must hold",
        ),
    ],
)
def test_a_denial_applies_when_its_condition_holds(s3: Any, condition: dict[str, Any], allowed: bool) -> None:
    put_policy(s3, statement(Condition=condition))
    assert may_put(s3) is allowed


def test_conditions_see_the_requests_headers(s3: Any) -> None:
    put_policy(s3, statement(Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}))
    assert may_put(s3, ServerSideEncryption="aws:kms")
    assert not may_put(s3, ServerSideEncryption="AES256")


def test_statements_about_others_do_not_concern_the_caller(s3: Any) -> None:
    put_policy(
        s3,
        statement(Principal={"AWS": "arn:aws:iam::999999999999:root"}),
        statement(Action="s3:GetObject"),
        statement(Resource=f"arn:aws:s3:::{BUCKET}/other/*"),
    )
    assert may_put(s3)


def test_access_logs_go_to_a_bucket_whose_policy_lets_the_service_write(s3: Any) -> None:
    """Beside a deny-unless-TLS statement, whose principal is ``*``."""
    logging = {"LoggingEnabled": {"TargetBucket": LOGS, "TargetPrefix": "config/"}}
    tls = statement(LOGS, Condition={"Bool": {"aws:SecureTransport": "false"}})
    put_policy(s3, tls, bucket=LOGS)
    with aws_refuses("InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus=logging)
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": ["logging.s3.amazonaws.com"]},
        "Action": ["s3:PutObject"],
        "Resource": f"arn:aws:s3:::{LOGS}/config/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    put_policy(s3, tls, delivery, bucket=LOGS)
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus=logging)
    assert s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"] == logging["LoggingEnabled"]


def test_lifecycle_reads_back_as_written(s3: Any) -> None:
    rules = [
        {
            "ID": "expire",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 7},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
        {
            "ID": "tagged",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "x/", "ObjectSizeGreaterThan": 5, "Tags": [{"Key": "a", "Value": "b"}]}},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
            "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
        },
        {"ID": "large", "Status": "Disabled", "Filter": {"ObjectSizeGreaterThan": 9}, "Expiration": {"Days": 1}},
        {"ID": "all", "Status": "Enabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
    answer = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    assert answer["Rules"] == rules
    assert answer["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"


def test_lifecycle_keeps_the_minimum_size_asked_for(s3: Any) -> None:
    size = "varies_by_storage_class"
    rule = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}}
    put = s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}, TransitionDefaultMinimumObjectSize=size
    )
    got = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    assert put["TransitionDefaultMinimumObjectSize"] == got["TransitionDefaultMinimumObjectSize"] == size


def test_a_deleted_lifecycle_is_gone(s3: Any) -> None:
    rule = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    with aws_refuses("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)


def test_a_new_bucket_has_awss_defaults(s3: Any) -> None:
    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    [ownership] = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"


def test_encryption_is_put_back_to_s3s_own_key_and_never_off(s3: Any) -> None:
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [kms]})
    s3.delete_bucket_encryption(Bucket=BUCKET)
    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_objects_take_the_buckets_key_and_their_own(s3: Any) -> None:
    """KMS fields of an object: those of the bucket's default, or those of the request."""
    kms = client("kms", REGION)
    default, own = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": default}
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}]
        },
    )
    s3.put_object(Bucket=BUCKET, Key="default", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="own", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=own)
    head = s3.head_object(Bucket=BUCKET, Key="default")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == ("aws:kms", default, True)
    assert s3.head_object(Bucket=BUCKET, Key="own")["SSEKMSKeyId"] == own


def test_a_versioned_bucket_can_be_emptied(s3: Any) -> None:
    """Every version and every delete marker can be deleted by its id, and then the bucket too."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="env.php", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="env.php")
    listed = s3.list_object_versions(Bucket=BUCKET)
    assert len(listed["Versions"]) == len(listed["DeleteMarkers"]) == 1
    versions = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in listed["Versions"]]
    markers = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in listed["DeleteMarkers"]]
    assert "Errors" not in s3.delete_objects(Bucket=BUCKET, Delete={"Objects": versions + markers})
    s3.delete_bucket(Bucket=BUCKET)


def test_a_configuration_that_is_not_emulated_is_refused(s3: Any) -> None:
    """moto takes the request for CreateBucket."""
    tiering = {"Id": "all", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
    with aws_refuses("InvalidAction") as caught:
        s3.put_bucket_intelligent_tiering_configuration(
            Bucket=BUCKET, Id="all", IntelligentTieringConfiguration=tiering
        )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    "name",
    [
        "a..b",
        "192.168.1.1",
        "xn--foo",
        "sthree-foo",
        "amzn-s3-demo-foo",
        "foo-s3alias",
        "foo--ol-s3",
        "foo.mrap",
        "foo--table-s3",
        "Foo",
        "fo_o",
        "-foo",
        "foo.",
        "fo",
        "x" * 64,
    ],
)
def test_a_name_that_s3_does_not_take_is_refused(s3: Any, name: str) -> None:
    with aws_refuses("InvalidBucketName"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


@pytest.mark.parametrize("name", ["client.billing-1", "1.2.3", "xn-foo", "s3alias", "x" * 63])
def test_a_name_that_looks_like_one_of_these_is_taken(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.head_bucket(Bucket=name)
