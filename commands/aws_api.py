"""Calls to AWS's API: all pages of an answer, and a refused call as one line that names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, UnknownRegionError

from commands import credentials
from commands.errors import CannotRunError, CommandError

# IAM's prefix of a service's actions, where it differs from the client's name.
_IAM_PREFIXES = {"elbv2": "elasticloadbalancing", "opensearch": "es"}


class RefusedError(CommandError):
    """AWS refused a call or did not answer it. The message names the call by its IAM action."""


class NotConfiguredError(CannotRunError):
    """boto3 has no usable region, profile or credentials. The message says what is missing."""


class AwsApi:
    """One region of an account, with the credentials that boto3 finds. Raises `NotConfiguredError` without a region."""

    region: str

    def __init__(self, region: str | None) -> None:
        try:
            # boto3 knows AWS_DEFAULT_REGION only. Pulumi and the AWS CLI look at AWS_REGION first.
            self._session = boto3.Session(region_name=region or os.environ.get("AWS_REGION"))
        except BotoCoreError as error:
            raise NotConfiguredError(str(error)) from None
        if not self._session.region_name:
            raise NotConfiguredError("--region: got none, expected an AWS region. Give it, or set AWS_REGION.")
        self.region = self._session.region_name
        try:
            self._session.get_partition_for_region(self.region)
        except UnknownRegionError:
            raise NotConfiguredError(
                f"--region: got {self.region!r}, expected an AWS region such as eu-west-3"
            ) from None
        self._clients: dict[str, Any] = {}

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of an operation without pages. Raises `RefusedError`."""
        answer: dict[str, Any] = self._call(service, operation, lambda client: getattr(client, operation)(**parameters))
        return answer

    def list(self, service: str, operation: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        """The list ``member`` from all pages of an answer. Raises `RefusedError`."""

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
        except (BotoCoreError, ClientError) as error:
            if told := credentials.complaint(error):
                raise NotConfiguredError(told) from None
            if isinstance(error, BotoCoreError):
                raise RefusedError(f"{action}: AWS did not answer: {error}") from None
            said = error.response.get("Error", {})
            raise RefusedError(f"{action}: AWS refused the call: {said.get('Code')}: {said.get('Message')}") from None


def tags_of(written: list[dict[str, str]] | None) -> Mapping[str, str]:
    """AWS's list of tags as a mapping."""
    return {each["Key"]: each.get("Value", "") for each in written or []}
