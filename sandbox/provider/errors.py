"""What can go wrong in the plugin, one exception a cause, each with a message fit to print."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.provider.adapter import Cancelled, Values


class ProviderError(Exception):
    """A failure that the person at the keyboard can act on: its message is shown, without a traceback."""


class MissingAdapterError(ProviderError):
    """A resource type or function that the sandbox does not know."""


class ConfigurationError(ProviderError):
    """The provider's own configuration is wrong, or would let it touch something other than the embedded AWS."""


class ContractError(ProviderError):
    """An adapter does not do what its declaration says."""


@dataclass
class PartialFailureError(Exception):
    """The resource exists, but what had to follow its creation failed: the stack's state must remember it."""

    id: str
    properties: Values
    reason: str

    def __str__(self) -> str:
        return self.reason


def aws_error_code(error: BaseException) -> str | None:
    """AWS's code for the error, such as ``InvalidVpcID.NotFound``; ``None`` when it is not an answer of AWS."""
    from botocore.exceptions import ClientError  # here, since a preview that goes well never loads botocore

    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else None


def is_expected(error: BaseException) -> bool:
    """Whether the error is an answer to give, not a fault of the plugin: AWS refused or was silent, or we were
    cancelled."""
    from botocore.exceptions import BotoCoreError, ClientError

    return isinstance(error, (ProviderError, TimeoutError, Cancelled, ClientError, BotoCoreError, OSError))


def describe(error: BaseException) -> str:
    """One line for the person at the keyboard: for an AWS error its message, code and operation."""
    from botocore.exceptions import ClientError, EndpointConnectionError

    if isinstance(error, EndpointConnectionError):
        return f"{error} The embedded AWS has ended: run `./shop sandbox up` to start it anew."
    if isinstance(error, ClientError):
        answer = error.response["Error"]
        return f"{answer.get('Message') or 'no message'} ({answer['Code']}, in {error.operation_name})"
    return str(error) if is_expected(error) else f"{type(error).__name__}: {error}"
