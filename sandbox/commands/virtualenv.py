"""`python3 -m sandbox.commands.virtualenv`: make `.venv`, or bring it up to date.

Standard library only, since it runs before any package is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from commands.errors import CommandError, ExitCode, said_of
from sandbox.commands import lock
from sandbox.commands.layout import REPOSITORY
from sandbox.toolchain.cli import find_or_make_cli

_REQUIREMENTS = ("requirements-dev.txt", "requirements.txt")
_STAMP = "installed.sha256"
_SAY_EVERY_SECONDS = 5.0
_SHOW_VERSION = "import sys; print(sys.version, end='')"


def fingerprint(repository: Path, directory: Path) -> str:
    """A hash of what `.venv` is made from: the requirements, the Python that installs them, and its own directory,
    whose path is in the commands of the packages."""
    digest = hashlib.sha256(f"{sys.version}\n{directory}".encode())
    for name in _REQUIREMENTS:
        digest.update((repository / name).read_bytes())
    return digest.hexdigest()


def is_current(directory: Path, wanted: str) -> bool:
    """Whether `.venv` was completed from the same requirements, and its Python still starts."""
    stamp = directory / _STAMP
    return stamp.exists() and stamp.read_text(encoding="ascii") == wanted and _has_this_python(directory)


def _has_this_python(directory: Path) -> bool:
    """Whether its Python is the one that runs this. It may link to one that was upgraded or removed."""
    python = directory / "bin" / "python"
    try:
        shown = subprocess.run([python, "-c", _SHOW_VERSION], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return shown.stdout == sys.version


def ensure(repository: Path, directory: Path) -> None:
    """Raises `CommandError` when another process does the same, or when a package cannot be installed.

    A `.venv` may be a link to another clone's: it is brought up to date where it is, and not taken for a moved one.
    """
    directory = directory.resolve()
    wanted = fingerprint(repository, directory)
    if is_current(directory, wanted):
        return
    held_by = directory / "lock"
    with lock.held(held_by, doing="installing the Python packages"):
        print("Installing the Python packages into .venv; this takes a minute or more.", flush=True)
        (directory / _STAMP).unlink(missing_ok=True)
        if not _has_this_python(directory) or _was_moved(directory):
            _empty(directory, but=held_by)
            venv.create(directory, with_pip=True, symlinks=True)
        if install(directory / "bin" / "python", repository / _REQUIREMENTS[0]) != 0:
            raise CommandError("The Python packages could not be installed. pip's errors are above.")
        (directory / _STAMP).write_text(wanted, encoding="ascii")


def _was_moved(directory: Path) -> bool:
    """Whether the commands in it start a Python at the path that it had before."""
    pip = directory / "bin" / "pip"
    return pip.exists() and str(directory) not in pip.read_text(encoding="utf-8")


def install(python: Path, requirements: Path) -> int:
    """Run pip, with a line on the console now and then, and return its exit code. Its errors go to standard error."""
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--progress-bar=off",
        "--disable-pip-version-check",
        "-r",
        requirements,
    ]
    count, last = 0, time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:
        for line in pip.stdout or ():
            count += line.startswith("Collecting ")
            if line.startswith("Installing collected packages"):
                print(f"  {count} packages found; installing them", flush=True)
            elif line.startswith("Collecting ") and time.monotonic() - last >= _SAY_EVERY_SECONDS:
                last = time.monotonic()
                print(f"  {count} packages found so far, now {line.split()[1]}", flush=True)
    return pip.returncode


def _empty(directory: Path, *, but: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != but:
            path.unlink()


def main() -> int:
    """Make `.venv` and return the exit code. An error is one line on standard error."""
    directory = (REPOSITORY / ".venv").resolve()
    try:
        if not is_current(directory, fingerprint(REPOSITORY, directory)):
            # First, as it may need Go: on a machine without it nothing is made.
            find_or_make_cli()
            ensure(REPOSITORY, directory)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        # Such as a clone of another user's, or a disk that is full.
        print(f".venv cannot be made. {said_of(error)}", file=sys.stderr)
        return ExitCode.COULD_NOT_RUN
    except KeyboardInterrupt:
        print("Interrupted. The next run installs what is missing.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
