"""Programs in Go that Debian and PyPI do not have, built from their modules."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from sandbox.toolchain.cache import default_cache_directory
from tests.servers.programs import unavailable

_SECONDS = 1800
"""On a computer that runs other tests too. Alone, the largest takes two minutes."""


def build(module: Path, package: str) -> Path:
    """The program of a package, in the versions of the go.mod and go.sum in the directory ``module``.

    Skips the test with the reason if it cannot be built. The program stays in the user's cache.
    """
    name = package.rpartition("/")[2].removesuffix("-main")
    files = b"".join((module / each).read_bytes() for each in ("go.mod", "go.sum"))
    cache = default_cache_directory(os.environ) / "go-programs" / name
    program = cache / hashlib.sha256(files).hexdigest()[:16] / name
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            if shutil.which("go") is None:
                unavailable(f"{name} needs go")
            unfinished = cache / "unfinished"
            built = subprocess.run(
                ["go", "build", "-trimpath", "-buildvcs=false", "-o", unfinished, package],
                cwd=module,
                env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""},
                capture_output=True,
                text=True,
                timeout=_SECONDS,
            )
            if built.returncode:
                unavailable(f"{name} could not be built: {built.stderr.strip()[-500:]}")
            program.parent.mkdir(exist_ok=True)
            unfinished.rename(program)
    return program
