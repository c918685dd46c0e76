"""KMS of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any


def test_rotation_reads_back_with_its_period(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)


def test_rotation_is_yearly_unless_chosen(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365


def test_the_key_of_a_service_is_managed_by_aws(kms: Any) -> None:
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert (key["KeyManager"], kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]) == ("AWS", True)
    assert kms.create_key()["KeyMetadata"]["KeyManager"] == "CUSTOMER"
