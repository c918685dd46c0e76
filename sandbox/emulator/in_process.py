"""A boto3 client that calls the embedded AWS in this process and thread, without a socket."""

from __future__ import annotations

import io
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from werkzeug.test import Client, EnvironBuilder

from sandbox.emulator.application import APPLICATION


class _Body(io.BytesIO):
    """A response's body, as botocore reads it."""

    def stream(self, *_args: Any, **_kwargs: Any) -> Any:
        yield self.read()


@cache
def client(service: str, region: str, account: str = DEFAULT_ACCOUNT_ID) -> Any:
    """The boto3 client of a service, region and account. Errors of AWS raise ``ClientError``, as always."""
    # moto takes a 12-digit access key for the account's id.
    aws = boto3.session.Session(
        aws_access_key_id=account,
        aws_secret_access_key="unused",
        region_name=region,
    ).client(
        service,
        endpoint_url="http://127.0.0.1",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
    aws.meta.events.register("before-send", _send)
    return aws


def _send(request: AWSPreparedRequest, **_event: Any) -> AWSResponse:
    url = urlsplit(request.url)
    body: Any = request.body or b""
    answer = Client(APPLICATION).open(
        EnvironBuilder(
            method=request.method,
            path=url.path or "/",
            query_string=url.query,
            data=body.encode() if isinstance(body, str) else body,
            headers=[(name, _text(value)) for name, value in request.headers.items()],
        )
    )
    headers: Any = {name.lower(): value for name, value in answer.headers.items()}
    return AWSResponse(request.url, answer.status_code, headers, _Body(answer.get_data()))


def _text(header: Any) -> str:
    """A header as text: botocore has both text and bytes."""
    return header.decode() if isinstance(header, bytes) else str(header)
