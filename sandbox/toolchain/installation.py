"""A Pulumi CLI on disk: its files and its version."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

CLI = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
EXEC_SCRIPT = "pulumi-language-python-exec"
FILES = (CLI, LANGUAGE_HOST, EXEC_SCRIPT)
"""All in one directory, as in the official release."""

WRAPPER_MARK = "# Pulumi wrapper of the Magento sandbox"
"""A line of the sandbox's wrapper, which is the first `pulumi` on PATH after `. .sandbox/env`."""

_VERSION_SECONDS = 30


def is_complete(directory: Path) -> bool:
    """Whether all files of a CLI exist and are executable."""
    return all(os.access(directory / name, os.X_OK) and (directory / name).is_file() for name in FILES)


def is_wrapper(executable: Path) -> bool:
    """Whether this `pulumi` is the sandbox's wrapper, which would call itself."""
    with executable.open("rb") as file:
        return WRAPPER_MARK.encode() in file.read(256)


def version_of(executable: Path) -> str | None:
    """The version that a CLI prints, such as `3.259.0`; None if it does not run or prints none."""
    with tempfile.TemporaryDirectory() as home:
        # Every command writes a log into its home: not into the user's.
        environment = os.environ | {"PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            answer = subprocess.run(
                [executable, "version"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=_VERSION_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
    found = re.search(r"v?(\d+\.\d+\.\d+\S*)", answer.stdout)
    return found.group(1) if found else None


def is_new_enough(version: str, required: str) -> bool:
    """Whether a CLI of this version works with the required SDK: same major version, and not older."""
    found, wanted = _release(version), _release(required)
    return found[0] == wanted[0] and found >= wanted


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
