"""Adapters of S3 against the embedded AWS."""

from __future__ import annotations

import hashlib
import json
from itertools import count

import pytest

from sandbox.provider.adapter import Asset, Aws, Values
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)
from sandbox.tests.refusals import aws_refuses

SAMPLES = Samples()
TAGS = {"Name": "store", "Client": "client"}
BUCKET_NAMES = (f"client-store-{number}" for number in count())
BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def a_bucket(aws: Aws) -> str:
    return create(aws, BUCKET, {"bucket": next(BUCKET_NAMES)})


def a_key(aws: Aws) -> str:
    arn: str = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return arn


@SAMPLES.case(BUCKET)
def bare_bucket(aws: Aws) -> Case:
    return Case(inputs={"bucket": next(BUCKET_NAMES)})


@SAMPLES.case(BUCKET)
def locked_bucket(aws: Aws) -> Case:
    return Case(inputs={"bucket": next(BUCKET_NAMES), "objectLockEnabled": True, "forceDestroy": True, "tags": TAGS})


@SAMPLES.case("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def all_blocked(aws: Aws) -> Case:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    blocked: Values = dict.fromkeys(names, True)
    return Case(inputs={"bucket": a_bucket(aws), **blocked}, updates=[{name: False} for name in names])


@SAMPLES.case("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encrypted(aws: Aws) -> Case:
    def rule(**by_default: str) -> Values:
        return {"applyServerSideEncryptionByDefault": by_default}

    by_key = rule(sseAlgorithm="aws:kms", kmsMasterKeyId=a_key(aws))
    return Case(
        inputs={"bucket": a_bucket(aws), "rules": [{**by_key, "bucketKeyEnabled": True}]},
        updates=[{"rules": [by_key]}, {"rules": [rule(sseAlgorithm="AES256")]}],
        # AWS falls back to encryption with keys of its own.
        outlives_deletion=True,
    )


@SAMPLES.case("aws:s3/bucketVersioning:BucketVersioning")
def versioned(aws: Aws) -> Case:
    return Case(
        inputs={"bucket": a_bucket(aws), "versioningConfiguration": {"status": "Enabled"}},
        updates=[
            {"versioningConfiguration": {"status": "Suspended"}},
            {"versioningConfiguration": {"status": "Enabled"}},
        ],
        outlives_deletion=True,
    )


@SAMPLES.case("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def owned_by_the_bucket(aws: Aws) -> Case:
    return Case(
        inputs={"bucket": a_bucket(aws), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        updates=[{"rule": {"objectOwnership": "BucketOwnerPreferred"}}],
    )


@SAMPLES.case("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def temporary(aws: Aws) -> Case:
    everything = {"id": "expire", "status": "Enabled", "expiration": {"days": 7}}
    old_versions = {
        "id": "old-versions",
        "status": "Enabled",
        "filter": {"prefix": "logs/"},
        "noncurrentVersionExpiration": {"noncurrentDays": 30, "newerNoncurrentVersions": 3},
        "noncurrentVersionTransitions": [{"noncurrentDays": 10, "storageClass": "GLACIER"}],
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 2},
        "expiration": {"expiredObjectDeleteMarker": True},
    }
    tagged = {
        "id": "tagged",
        "status": "Disabled",
        "filter": {"and": {"prefix": "x/", "tags": {"keep": "no", "why": "old"}, "objectSizeGreaterThan": 1000}},
        "transitions": [
            {"days": 30, "storageClass": "STANDARD_IA"},
            {"days": 90, "storageClass": "GLACIER"},
        ],
    }
    by_tag = {
        "id": "by-tag",
        "status": "Enabled",
        "filter": {"tag": {"key": "keep", "value": "no"}},
        "expiration": {"date": "2030-01-01T00:00:00Z"},
    }
    return Case(
        inputs={"bucket": a_bucket(aws), "rules": [everything]},
        updates=[
            {"rules": [everything, old_versions]},
            {"rules": [tagged, by_tag], "transitionDefaultMinimumObjectSize": "varies_by_storage_class"},
        ],
    )


@SAMPLES.case("aws:s3/bucketPolicy:BucketPolicy")
def tls_only(aws: Aws) -> Case:
    bucket = a_bucket(aws)

    def deny(sid: str) -> Values:
        statement = {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}

    return Case(inputs={"bucket": bucket, **deny("TlsOnly")}, updates=[deny("OnlyTls")])


@SAMPLES.case(OBJECT)
def a_bundle(aws: Aws) -> Case:
    return Case(
        inputs={"bucket": a_bucket(aws), "key": "main/first.zip", "contentBase64": "UEsFBg=="},
        updates=[{"contentBase64": "UEsFBw=="}],
    )


@SAMPLES.case(OBJECT)
def text_object(aws: Aws) -> Case:
    return Case(
        inputs={"bucket": a_bucket(aws), "key": "main/env.php", "content": "<?php", "tags": TAGS},
        updates=[
            {
                "content": "<?php return [];",
                "contentType": "application/x-php",
            },
            {"serverSideEncryption": "aws:kms", "kmsKeyId": a_key(aws)},
        ],
    )


@SAMPLES.case(OBJECT)
def asset_object(aws: Aws) -> Case:
    def asset(text: str) -> Asset:
        return Asset(sha256=hashlib.sha256(text.encode()).hexdigest(), text=text)

    return Case(
        inputs={"bucket": a_bucket(aws), "key": "app.zip", "source": asset("one"), "sourceHash": "1"},
        updates=[
            {"source": asset("two"), "sourceHash": "2"},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}


@pytest.mark.parametrize(
    ("inputs", "body"),
    [
        ({"content": "é"}, "é".encode()),
        ({"contentBase64": "UEsF/w=="}, b"PK\x05\xff"),
        ({"source": Asset(sha256="0", text="from an asset")}, b"from an asset"),
        ({}, b""),
    ],
)
def test_an_object_holds_what_the_program_gave(aws: Aws, inputs: Values, body: bytes) -> None:
    """Contents are never read back into the state, so the round trip does not show them."""
    bucket = a_bucket(aws)
    create(aws, OBJECT, {"bucket": bucket, "key": "x", **inputs})
    assert aws.client("s3").get_object(Bucket=bucket, Key="x")["Body"].read() == body


def test_updating_an_object_keeps_its_tags(aws: Aws) -> None:
    """An update writes the object anew, and tags hang on the object: they must be written again too."""
    inputs = {"bucket": a_bucket(aws), "key": "x", "content": "one", "tags": TAGS}
    id = create(aws, OBJECT, inputs)
    find_adapter(OBJECT).update(aws, id, inputs, {**inputs, "content": "two"}, frozenset({"content"}))
    state = read(aws, OBJECT, id)
    assert state is not None
    assert state["tags"] == TAGS


@pytest.mark.parametrize("force", [True, False])
def test_a_bucket_with_objects_goes_only_by_force(aws: Aws, force: bool) -> None:
    """Without ``forceDestroy`` AWS's refusal reaches the user; with it every version and delete marker goes too."""
    s3 = aws.client("s3")
    bucket = create(aws, BUCKET, {"bucket": next(BUCKET_NAMES)})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="b")
    if force:
        find_adapter(BUCKET).delete(aws, bucket, {"forceDestroy": True})
        assert read(aws, BUCKET, bucket) is None
    else:
        with aws_refuses("BucketNotEmpty"):
            find_adapter(BUCKET).delete(aws, bucket, {"forceDestroy": False})


def test_unknown_nested_keys_are_refused() -> None:
    """A misspelt key inside a rule must not be dropped in silence."""
    adapter = find_adapter("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    rules = [{"status": "Enabled", "expiration": {"day": 7}}]
    assert [name for name, _ in adapter.check({"bucket": "b", "rules": rules})] == ["rules[0].expiration.day"]
