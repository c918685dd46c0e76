"""The one error of this package."""


class ToolchainError(Exception):
    """The CLI cannot be had or used. The message is made of full sentences for the person at the terminal."""
