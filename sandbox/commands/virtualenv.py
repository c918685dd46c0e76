"""`python3 -m sandbox.commands.virtualenv`: make `.venv`, or bring it up to date; nothing to do when it is.

Standard library only: it runs before any package is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from sandbox.commands import lock
from sandbox.commands.errors import SandboxError
from sandbox.commands.layout import REPOSITORY
from sandbox.toolchain.cli import find_or_make_cli
from sandbox.toolchain.errors import ToolchainError

_REQUIREMENTS = ("requirements-dev.txt", "requirements.txt")
_STAMP = "installed.sha256"
_SHOW_VERSION = "import sys; print(sys.version, end='')"


def fingerprint(repository: Path) -> str:
    """What `.venv` must have been made from to be right: the requirements, and the Python that installed them."""
    digest = hashlib.sha256(sys.version.encode())
    for name in _REQUIREMENTS:
        digest.update((repository / name).read_bytes())
    return digest.hexdigest()


def is_current(directory: Path, wanted: str) -> bool:
    """Whether `.venv` was finished from the same requirements, and its Python still starts."""
    stamp = directory / _STAMP
    return stamp.exists() and stamp.read_text(encoding="ascii") == wanted and _has_this_python(directory)


def _has_this_python(directory: Path) -> bool:
    """Whether its Python is the one that runs this; it may be a link to one that was upgraded or removed."""
    python = directory / "bin" / "python"
    try:
        shown = subprocess.run([python, "-c", _SHOW_VERSION], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return shown.stdout == sys.version


def ensure(repository: Path, directory: Path) -> None:
    """Raises `SandboxError` when another process is at it, or when a package cannot be installed."""
    wanted = fingerprint(repository)
    if is_current(directory, wanted):
        return
    held_by = directory / "lock"
    with lock.held(held_by, doing="installing the Python packages"):
        print("Installing the Python packages into .venv; this takes about a minute.", flush=True)
        (directory / _STAMP).unlink(missing_ok=True)
        if not _has_this_python(directory):
            _empty(directory, but=held_by)
            venv.create(directory, with_pip=True, symlinks=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]
        python, requirements = directory / "bin" / "python", repository / _REQUIREMENTS[0]
        if subprocess.run([python, *install, requirements], check=False).returncode != 0:
            raise SandboxError("The Python packages could not be installed; pip says above why.")
        (directory / _STAMP).write_text(wanted, encoding="ascii")


def _empty(directory: Path, *, but: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != but:
            path.unlink()


def main() -> int:
    """The exit code; what is wrong goes to standard error in one line."""
    directory = REPOSITORY / ".venv"
    try:
        if not is_current(directory, fingerprint(REPOSITORY)):
            # First, as it is what may need something installed (Go): nothing is made on a machine that lacks it.
            find_or_make_cli()
            ensure(REPOSITORY, directory)
    except (SandboxError, ToolchainError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The next run installs what is missing.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
