"""What the plugin says about errors that are not AWS's answers."""

from __future__ import annotations

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from sandbox.provider.errors import describe


def test_an_embedded_aws_that_has_ended_is_named_with_what_to_do() -> None:
    """A `pulumi up` in a shell has no other command that watches it."""
    said = describe(EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"))
    assert said.endswith("The embedded AWS has ended: run `./shop sandbox up` to start it anew.")


def test_one_that_is_only_slow_has_not_ended() -> None:
    assert "ended" not in describe(ReadTimeoutError(endpoint_url="http://127.0.0.1:4566/"))
