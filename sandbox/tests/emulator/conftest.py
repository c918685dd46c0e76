"""A boto3 client of the embedded AWS in this process: one fixture per service, named as boto3 names the service."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.emulator.aws_process import REGION


def _client(service: str, region: str = REGION) -> Any:
    @pytest.fixture(name=service)
    def connected(embedded_aws: None) -> Any:
        return client(service, region)

    return connected


acm = _client("acm")
cloudfront = _client("cloudfront", "us-east-1")
cloudwatch = _client("cloudwatch")
ec2 = _client("ec2")
elbv2 = _client("elbv2")
iam = _client("iam", "us-east-1")
kms = _client("kms")
opensearch = _client("opensearch")
route53 = _client("route53", "us-east-1")
secretsmanager = _client("secretsmanager")
sns = _client("sns")
