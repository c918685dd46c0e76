"""The errors of Elastic Beanstalk, worded as AWS words them."""

from __future__ import annotations

from sandbox.emulator.errors import AwsError


class InvalidParameterValueError(AwsError):
    """A name that is missing, unknown or in use, or an environment in the wrong state."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


class InvalidParameterCombinationError(AwsError):
    """Parameters that exclude each other."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterCombination", message)


class ConfigurationValidationError(AwsError):
    """Invalid option settings."""

    def __init__(self, message: str) -> None:
        super().__init__("ConfigurationValidationException", f"Configuration validation exception: {message}")
        self.problem = message


class SourceBundleDeletionError(AwsError):
    """A version in use cannot be deleted."""

    def __init__(self, message: str) -> None:
        super().__init__("SourceBundleDeletionFailure", message)


class ResourceNotFoundError(AwsError):
    """No resource has this ARN."""

    def __init__(self, arn: str) -> None:
        super().__init__("ResourceNotFoundException", f"Resource not found for ARN '{arn}'.")


class InvalidRequestError(AwsError):
    """A request for enhanced health of an environment with basic health reporting."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequestException", message)


def unknown_application(name: str) -> InvalidParameterValueError:
    return InvalidParameterValueError(f"No Application named '{name}' found.")


def unknown_version(label: str) -> InvalidParameterValueError:
    return InvalidParameterValueError(f"No Application Version named '{label}' found.")


def unknown_template(application: str, name: str) -> InvalidParameterValueError:
    return InvalidParameterValueError(f"No Configuration Template named '{application}/{name}' found.")
