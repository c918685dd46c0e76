"""Expects AWS to refuse a call: `with aws_refuses("ResourceNotFoundException"): …`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


@contextmanager
def aws_refuses(code: str, message: str = "") -> Iterator[pytest.ExceptionInfo[ClientError]]:
    """Fails the test unless the block ends in a ClientError with this code and a message that this regex finds."""
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    found, text = error.get("Code"), error.get("Message", "")
    if found != code:
        pytest.fail(f"AWS's refusal: got code {found} ({text}), expected {code}")
    if not re.search(message, text):
        pytest.fail(f"AWS's refusal {code}: got message {text!r}, expected one that matches {message!r}")
