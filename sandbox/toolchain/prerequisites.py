"""Checks for Python and Go, with the command that installs what is missing.

`python3 sandbox/toolchain/prerequisites.py` checks the Python that runs it. It must work without a virtual environment
and on old Pythons, so it uses the standard library only and nothing newer than Python 3.7.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MINIMUM_PYTHON = (3, 11)
GO_TOOLCHAINS_SINCE = (1, 21)
"""The first Go that can download a newer Go (https://go.dev/doc/toolchain)."""


def missing_python(version: tuple[int, int] = sys.version_info[:2], *, has_venv: bool | None = None) -> str | None:
    """What is wrong with this Python and how to fix it, or None.

    Debian and Ubuntu have the `ensurepip` that `venv` needs in a separate package.
    """
    running = ".".join(map(str, version))
    if version < MINIMUM_PYTHON:
        wanted = ".".join(map(str, MINIMUM_PYTHON))
        return (
            f"Python: got {running}, expected {wanted} or newer. "
            f"Install it with: sudo apt-get install python{wanted} python{wanted}-venv"
        )
    if has_venv is None:
        has_venv = all(importlib.util.find_spec(module) for module in ("venv", "ensurepip"))
    if not has_venv:
        return (
            f"Python {running}: got no working venv module. Install it with: sudo apt-get install python{running}-venv"
        )
    return None


def missing_go(required: str, module: Path, environment: Mapping[str, str]) -> str | None:
    """Why Go cannot build the module and how to fix it, or None.

    `required` is the version in the `go` line of the module. `go` runs inside the module, so that one that is too old
    downloads the right one if it may.
    """
    go = shutil.which("go", path=environment.get("PATH"))
    if go is None:
        return f"Go: got none, expected {required} or newer to build the Pulumi CLI. {_install_go(required)}"
    asked = subprocess.run(
        [go, "env", "GOVERSION"], cwd=module, env=environment, capture_output=True, text=True, check=False
    )
    # An old Go that may not download a newer one fails here. Its message has its version.
    running = re.search(r"go(\d+(?:\.\d+)+)", asked.stdout) or re.search(r"running go (\d+(?:\.\d+)+)", asked.stderr)
    if running is None:
        return f"`go env` does not work: {(asked.stderr or asked.stdout).strip()}"
    found = running.group(1)
    if _numbers(found) >= _numbers(required):
        return None
    needed = f"{go}: got Go {found}, expected {required} or newer to build the Pulumi CLI."
    if _numbers(found) >= GO_TOOLCHAINS_SINCE:
        return f"{needed} Allow it to download a newer one with: export GOTOOLCHAIN=auto. Or: {_install_go(required)}"
    return f"{needed} {_install_go(required)}"


def _install_go(required: str) -> str:
    """How to install Go from the official archive: Debian's and Ubuntu's packages are too old."""
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    archive = f"https://go.dev/dl/go{required}.linux-{architecture}.tar.gz"
    return (
        f"Install it with: curl -fsSL {archive} | sudo tar -C /usr/local -xz && export PATH=/usr/local/go/bin:$PATH "
        "(the golang package of Debian 12 and Ubuntu 24.04 is too old)."
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


if __name__ == "__main__":
    sys.exit(missing_python())
