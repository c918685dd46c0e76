"""Credentials that AWS does not take, a wrong clock and a sandbox that is down are one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound

from commands import credentials
from commands.engine import Engine
from commands.errors import CannotRunError


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeInstances")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            refused("ExpiredToken", "The provided token has expired."),
            "AWS credentials: got ExpiredToken (The provided token has expired), expected valid ones. Renew them",
        ),
        (refused("UnrecognizedClientException", "The security token …"), "AWS credentials: got UnrecognizedClient"),
        (refused("RequestTimeTooSkewed", "The difference …"), "The clock of this computer: AWS answers RequestTime"),
        (
            refused("SignatureDoesNotMatch", "Signature expired: 20261127T020000Z is now earlier than …"),
            "The clock of this computer: AWS answers SignatureDoesNotMatch (Signature expired: 20261127T020000Z",
        ),
        (refused("SignatureDoesNotMatch", "The request signature …"), "AWS credentials: got SignatureDoesNotMatch"),
        (NoCredentialsError(), "AWS credentials: Unable to locate credentials"),
        (ProfileNotFound(profile="client"), "AWS credentials: The config profile (client) could not be found"),
        # A shell that sourced the sandbox's variables outlives it.
        (
            EndpointConnectionError(endpoint_url="http://127.0.0.1:40413/?Action=x"),
            "http://127.0.0.1:40413: got no answer, expected the sandbox's AWS. Start it with `./shop sandbox up`",
        ),
    ],
)
def test_who_asks_is_not_known_or_nobody_answers(error: BotoCoreError | ClientError, said: str) -> None:
    assert credentials.complaint(error).startswith(said)


@pytest.mark.parametrize(
    "error",
    [
        refused("AccessDenied", "not authorized to perform: s3:GetObject"),
        EndpointConnectionError(endpoint_url="https://s3.eu-west-3.amazonaws.com"),
    ],
)
def test_anything_else_is_not_about_credentials(error: BotoCoreError | ClientError) -> None:
    assert credentials.complaint(error) == ""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "https response error StatusCode: 400, api error ExpiredToken: The provided token has expired.",
            r"^AWS credentials: got ExpiredToken \(The provided token has expired\), expected valid ones",
        ),
        (
            "get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found",
            "^AWS credentials: got none, expected valid ones",
        ),
    ],
    ids=["expired", "none"],
)
def test_a_state_that_the_cli_may_not_read_is_said_in_one_line(tmp_path: Path, said: str, expected: str) -> None:
    """Pulumi's state is in S3: with such credentials, the CLI is the first to be refused."""
    command = tmp_path / "pulumi"
    error = f"error: read .pulumi/meta.yaml: blob (code=Unknown): operation error S3: GetObject, {said}"
    command.write_text(f"#!/bin/sh\necho '{error}' >&2\nexit 255\n")
    command.chmod(0o755)
    engine = Engine(command=command, project=tmp_path, environment={})
    with pytest.raises(CannotRunError, match=expected) as refused:
        engine.ask("stack", "output", "--stack", "prod")
    assert "\n" not in str(refused.value)
