"""Corrections to moto's core, for every service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult, BaseResponse
from moto.utilities.aws_headers import gen_amzn_requestid_long

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

_REQUEST_ID = re.compile(r"<RequestId>[^<]*</RequestId>")


@patch(
    "moto.core.responses:BaseResponse._enrich_response",
    sha256="996784f93488c2f550cde1169b5229b5d914551788f721a94ef84e4d9dd238f6",
    upstream="An XML answer with several RequestId elements loses everything between the first and the last one.",
)
def _enrich_response(_original: Callable[..., Any], headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
    """Put the request's id into the metadata, which come last. Other RequestIds, as DescribeEvents has, stay."""
    if "status" in headers:
        headers["status"] = str(headers["status"])
    request_id = gen_amzn_requestid_long(headers)
    if isinstance(body, str) and (found := list(_REQUEST_ID.finditer(body))):
        last = found[-1]
        body = f"{body[: last.start()]}<RequestId>{request_id}</RequestId>{body[last.end() :]}"
    return headers, body


@patch(
    "moto.core.responses:BaseResponse.call_action",
    sha256="34a17a4a36ddf8af9e1f1eced6c46117d29e7b1ff3df6602895f82fa91f49b50",
)
def _call_action(original: Callable[..., Any], response: BaseResponse) -> Any:
    """If an in-process call to another service is refused, answer that error in the format of this service."""
    try:
        return original(response)
    except ClientError as refusal:
        problem = refusal.response["Error"]
        return response.serialized(ActionResult(AwsError(problem["Code"], problem["Message"])))


@patch(
    "moto.core.responses:BaseResponse.serialized",
    sha256="c3e692950911d9041f64bc9e6c490ffea7d3b9982e0354fede58f6fd4f2a712f",
)
def _serialized(original: Callable[..., Any], response: BaseResponse, action_result: ActionResult) -> Any:
    """Use the HTTP status of an ``AwsError`` that has one."""
    status, headers, body = original(response, action_result)
    error = action_result.result
    if isinstance(error, AwsError) and error.status:
        status = error.status
    return status, headers, body


_METHODS: dict[type[BaseResponse], list[str]] = {}


@patch(
    "moto.core.responses:method_names_from_class",
    sha256="9dbac89d082b655fee902c450e69de9dbadf9699ad06411298494984b55138c3",
    upstream="Each request lists the methods of its response class again: a twentieth of the server's time.",
)
def _method_names_from_class(original: Callable[..., list[str]], response: type[BaseResponse]) -> list[str]:
    """Once for each class: no class gets a method after the extensions are loaded."""
    if response not in _METHODS:
        _METHODS[response] = original(response)
    return _METHODS[response]
