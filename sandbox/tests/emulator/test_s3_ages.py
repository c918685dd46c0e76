"""Objects that are made older, as for a lock whose holder has been silent for minutes."""

from __future__ import annotations

import json
import urllib.error
from datetime import timedelta

import pytest

from sandbox.tests.emulator.aws_process import EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]

BUCKET = "client-releases"


def test_an_object_can_be_made_older(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    s3.put_object(Bucket=BUCKET, Key="lock.json", Body=b"{}")
    before = s3.head_object(Bucket=BUCKET, Key="lock.json")
    aws.post("/moto-api/s3", json.dumps({"Bucket": BUCKET, "Key": "lock.json", "Seconds": 121}))
    after = s3.head_object(Bucket=BUCKET, Key="lock.json")
    assert before["LastModified"] - after["LastModified"] == timedelta(seconds=121)
    assert after["ETag"] == before["ETag"]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        aws.post("/moto-api/s3", json.dumps({"Bucket": BUCKET, "Key": "missing", "Seconds": 1}))
