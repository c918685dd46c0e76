"""Service Quotas of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

ADDRESSES = {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"}


@pytest.fixture
def quotas(embedded_aws: None) -> Any:
    return client("service-quotas", "eu-west-3")


def test_a_request_for_more_is_kept_as_pending(quotas: Any) -> None:
    listed = quotas.list_aws_default_service_quotas(ServiceCode="ec2")["Quotas"]
    assert {each["QuotaCode"]: each["Value"] for each in listed}["L-0263D0A3"] == 5
    with aws_refuses("NoSuchResourceException"):
        quotas.get_service_quota(**ADDRESSES)
    assert quotas.list_service_quotas(ServiceCode="ec2")["Quotas"] == []
    asked = quotas.request_service_quota_increase(DesiredValue=8, **ADDRESSES)["RequestedQuota"]
    assert (asked["Status"], asked["DesiredValue"]) == ("PENDING", 8)
    [found] = quotas.list_requested_service_quota_change_history(ServiceCode="ec2", Status="PENDING")["RequestedQuotas"]
    assert found["Id"] == asked["Id"]
    assert quotas.get_aws_default_service_quota(**ADDRESSES)["Quota"]["Value"] == 5


def test_what_aws_would_not_take_is_refused(quotas: Any) -> None:
    with aws_refuses("IllegalArgumentException", "greater than the current quota value of 5"):
        quotas.request_service_quota_increase(DesiredValue=5, **ADDRESSES)
    quotas.request_service_quota_increase(DesiredValue=8, **ADDRESSES)
    with aws_refuses("ResourceAlreadyExistsException", "Only one open"):
        quotas.request_service_quota_increase(DesiredValue=9, **ADDRESSES)
