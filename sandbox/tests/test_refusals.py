"""`aws_refuses` passes on the named refusal and on nothing else."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.refusals import aws_refuses

NOT_FOUND = ClientError({"Error": {"Code": "NotFound", "Message": "no bucket 'a'"}}, "GetBucket")


def test_the_named_refusal_passes() -> None:
    with aws_refuses("NotFound", "bucket 'a'"):
        raise NOT_FOUND


@pytest.mark.parametrize(("code", "message"), [("NotFoundException", ""), ("NotFound", "bucket 'b'")])
def test_another_code_or_message_fails(code: str, message: str) -> None:
    with pytest.raises(pytest.fail.Exception), aws_refuses(code, message):
        raise NOT_FOUND


def test_a_call_that_aws_accepts_fails() -> None:
    with pytest.raises(pytest.fail.Exception), aws_refuses("NotFound"):
        pass


def test_another_exception_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError), aws_refuses("NotFound"):
        raise KeyError
