"""The one error of this package."""

from commands.errors import CannotRunError


class ToolchainError(CannotRunError):
    """The Pulumi CLI cannot be obtained or used. The message is made of full sentences for the user."""
