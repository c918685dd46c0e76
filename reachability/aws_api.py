"""Calls to AWS's API: every page of an answer, and a refusal as one sentence that names the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

# The prefixes of IAM's actions, where they are not the client's own name.
_IAM_PREFIXES = {"elbv2": "elasticloadbalancing", "opensearch": "es"}


class RefusedError(Exception):
    """AWS did not answer; the message names the call by its IAM action."""


class NotConfiguredError(Exception):
    """boto3 does not know whom to ask: the message says what is missing."""


class AwsApi:
    """One region of an account, with whatever credentials boto3 finds. Raises `NotConfiguredError` without a region."""

    region: str

    def __init__(self, region: str | None) -> None:
        try:
            self._session = boto3.Session(region_name=region)
        except BotoCoreError as error:
            raise NotConfiguredError(str(error)) from None
        if not self._session.region_name:
            raise NotConfiguredError("no region is set: give --region, or set AWS_REGION")
        self.region = self._session.region_name
        self._clients: dict[str, Any] = {}

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One answer, of an operation that knows no pages. Raises `RefusedError`."""
        answer: dict[str, Any] = self._call(service, operation, lambda client: getattr(client, operation)(**parameters))
        return answer

    def list(self, service: str, operation: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        """What all pages of an answer hold under ``member``. Raises `RefusedError`."""

        def every_page(client: Any) -> list[dict[str, Any]]:
            if not client.can_paginate(operation):
                return list(getattr(client, operation)(**parameters).get(member, []))
            pages = client.get_paginator(operation).paginate(**parameters)
            return [each for page in pages for each in page.get(member, [])]

        found: list[dict[str, Any]] = self._call(service, operation, every_page)
        return found

    def _call(self, service: str, operation: str, run: Callable[[Any], Any]) -> Any:
        action = f"{_IAM_PREFIXES.get(service, service)}:{operation}"
        try:
            client = self._clients.get(service) or self._session.client(service)
            self._clients[service] = client
            action = f"{_IAM_PREFIXES.get(service, service)}:{client.meta.method_to_api_mapping[operation]}"
            return run(client)
        except ClientError as error:
            said = error.response.get("Error", {})
            raise RefusedError(f"{action}: {said.get('Code')}: {said.get('Message')}") from None
        except BotoCoreError as error:
            raise RefusedError(f"{action}: {error}") from None


def tags_of(written: list[dict[str, str]] | None) -> Mapping[str, str]:
    """AWS's list of keys and values as a mapping."""
    return {each["Key"]: each.get("Value", "") for each in written or []}
