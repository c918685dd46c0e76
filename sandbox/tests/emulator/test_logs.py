"""CloudWatch Logs of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

KEY = "arn:aws:kms:eu-west-3:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def logs(embedded_aws: None) -> Any:
    logs = client("logs", "eu-west-3")
    logs.create_log_group(logGroupName="/client/app")
    return logs


def key_of(logs: Any) -> str | None:
    [group] = logs.describe_log_groups(logGroupNamePrefix="/client/app")["logGroups"]
    key: str | None = group.get("kmsKeyId")
    return key


@pytest.mark.parametrize(
    "group",
    [
        {"logGroupName": "/client/app"},
        {"resourceIdentifier": "arn:aws:logs:eu-west-3:123456789012:log-group:/client/app:*"},
    ],
)
def test_the_key_of_a_log_group_can_be_changed(logs: Any, group: dict[str, str]) -> None:
    logs.associate_kms_key(**group, kmsKeyId=KEY)
    assert key_of(logs) == KEY
    logs.disassociate_kms_key(**group)
    assert key_of(logs) is None


def test_a_log_group_that_is_not_there_has_no_key(logs: Any) -> None:
    with aws_refuses("ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="/client/other", kmsKeyId=KEY)


def test_a_retention_that_cloudwatch_does_not_offer_is_refused(logs: Any) -> None:
    with aws_refuses("InvalidParameterException", "'100' at 'retentionInDays'"):
        logs.put_retention_policy(logGroupName="/client/app", retentionInDays=100)
    logs.put_retention_policy(logGroupName="/client/app", retentionInDays=90)
