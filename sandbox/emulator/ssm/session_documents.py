"""Documents of Session Manager, such as its preferences. They are kept and checked; no session starts here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.errors import AwsError

TYPE = "Session"
PREFERENCES = "Standard_Stream"
"""The type of session whose documents hold preferences."""
_SESSION_TYPES = ("InteractiveCommands", "NonInteractiveCommands", "Port", PREFERENCES)
_BOOLEANS = ("s3EncryptionEnabled", "cloudWatchEncryptionEnabled", "cloudWatchStreamingEnabled", "runAsEnabled")
_TEXTS = ("s3BucketName", "s3KeyPrefix", "cloudWatchLogGroupName", "kmsKeyId", "runAsDefaultUser")
_MOST_MINUTES = {"idleSessionTimeout": 60, "maxSessionDuration": 1440}
_PROFILE = "shellProfile"
_SYSTEMS = ("linux", "windows")


def check(content: Mapping[str, Any]) -> None:
    """Refuse what is no Session document (Systems Manager user guide, "Session document schema")."""
    if (version := content.get("schemaVersion")) != "1.0":
        raise AwsError(
            "InvalidDocumentSchemaVersion", f"{version} is not a valid schema version for {TYPE} document type"
        )
    if (session := content.get("sessionType")) not in _SESSION_TYPES:
        raise _invalid(f"sessionType: got {session}, expected one of {', '.join(_SESSION_TYPES)}.")
    inputs = content.get("inputs", {})
    if not isinstance(inputs, dict) or (session == PREFERENCES and "inputs" not in content):
        raise _invalid(f"inputs: expected an object, which a document of type {PREFERENCES} needs.")
    for name, value in inputs.items():
        if (expected := _expected(name, value)) is not None:
            raise _invalid(f"inputs.{name}: got {value!r}, expected {expected}.")


def _expected(name: str, value: Any) -> str | None:
    """What an input has to be, if it is not that. Minutes are texts, and may be empty."""
    if name in _BOOLEANS:
        return None if isinstance(value, bool) else "true or false"
    if name in _TEXTS:
        return None if isinstance(value, str) else "a text"
    if name in _MOST_MINUTES:
        most = _MOST_MINUTES[name]
        fits = value == "" or (isinstance(value, str) and value.isdecimal() and 1 <= int(value) <= most)
        return None if fits else f"a text with 1 to {most} minutes"
    if name == _PROFILE:
        fits = isinstance(value, dict) and all(
            system in _SYSTEMS and isinstance(commands, str) for system, commands in value.items()
        )
        return None if fits else f"texts for {' and '.join(_SYSTEMS)}"
    return "an input of a Session document"


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidDocumentContent", why)
