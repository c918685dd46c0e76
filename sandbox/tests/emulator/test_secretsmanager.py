"""Secrets Manager of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(("change", "kept"), [({"Description": ""}, None), ({"KmsKeyId": "alias/a"}, "Crypt key")])
def test_a_description_goes_when_it_is_emptied_and_only_then(
    secretsmanager: Any, change: dict[str, str], kept: str | None
) -> None:
    arn = secretsmanager.create_secret(Name="prod/crypt-key", Description="Crypt key")["ARN"]
    secretsmanager.update_secret(SecretId=arn, **change)
    assert (secretsmanager.describe_secret(SecretId=arn).get("Description") or None) == kept
