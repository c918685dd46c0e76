"""Why AWS takes no call: credentials that are missing, wrong or expired, a wrong clock, or a sandbox that is down."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

_CODES = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"),
        *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
        *("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException"),
        *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
    }
)
"""Services have names of their own for the same ("Common Errors", "Error responses" of S3, "Error codes" of EC2)."""
_CLOCK_CODES = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_CLOCK_WORDS = re.compile("signature expired|signature not yet current", re.IGNORECASE)
_OF_BOTO3 = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_OF_PULUMI = re.compile(r"api error (?P<code>\w+): (?P<message>[^\n]*)")
"""What the CLI prints of AWS's answer, whose state and secrets are in AWS."""
_NONE_FOR_PULUMI = re.compile(
    r"get credentials:|failed to (?:refresh cached|retrieve) credentials|failed to get shared config profile|"
    "SSO session has expired"
)
"""What it prints if it has nothing to ask with."""


def complaint(error: BotoCoreError | ClientError) -> str:
    """One line, if the error is about the credentials, the clock or the sandbox. Otherwise an empty text."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return _complaint(str(said.get("Code")), str(said.get("Message")))
    if isinstance(error, EndpointConnectionError):
        address = urlsplit(str(error.kwargs["endpoint_url"]))
        if address.hostname != "127.0.0.1":
            return ""
        endpoint = f"{address.scheme}://{address.netloc}"
        # The words of the sandbox's `pulumi`.
        return f"{endpoint}: got no answer, expected the sandbox's AWS. Start it with `./shop sandbox up`."
    return f"AWS credentials: {error}" if isinstance(error, _OF_BOTO3) else ""


def complaint_in(output: str) -> str:
    """The same for what the Pulumi CLI has printed."""
    if _NONE_FOR_PULUMI.search(output):
        return "AWS credentials: got none, expected valid ones. Log in, such as by `aws sso login`, or set AWS_PROFILE."
    found = _OF_PULUMI.search(output)
    return _complaint(found["code"], found["message"].strip()) if found else ""


def _complaint(code: str, message: str) -> str:
    said = f"{code} ({message.rstrip('.')})"
    if code in _CLOCK_CODES or (code in _CODES and _CLOCK_WORDS.search(message)):
        return f"The clock of this computer: AWS answers {said}, expected one that is right. Set it, and try again."
    if code in _CODES:
        return (
            f"AWS credentials: got {said}, expected valid ones. Renew them, such as by `aws sso login`, and try again."
        )
    return ""
