"""A bucket for releases in the embedded AWS."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.conftest import embedded_aws

__all__ = ["embedded_aws"]
BUCKET, REGION = "client-releases", "eu-west-3"


@pytest.fixture
def s3(embedded_aws: None) -> Any:
    """A client of S3, in which there is a bucket for releases."""
    connected = client("s3", REGION)
    connected.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return connected
