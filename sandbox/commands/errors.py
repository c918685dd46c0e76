"""The one exception that ends a command with a sentence instead of a traceback."""


class SandboxError(Exception):
    """What went wrong and what to do about it, fit to print as it is."""
