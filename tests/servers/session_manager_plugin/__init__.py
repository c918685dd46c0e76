"""The real Session Manager plugin, built from AWS's source: AWS's package is not to be had without the internet."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from sandbox.toolchain.cache import default_cache_directory
from tests.servers.programs import unavailable

_MODULE = Path(__file__).parent
_PACKAGE = "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"


def build() -> Path:
    """The plugin, of the versions in go.mod. Skips the test, saying why, where it cannot be built.

    It stays in the user's cache. Building it takes half a minute, and the modules that it needs are downloaded once.
    """
    files = b"".join((_MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))
    cache = default_cache_directory(os.environ) / "session-manager-plugin"
    plugin = cache / hashlib.sha256(files).hexdigest()[:16] / "session-manager-plugin"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not plugin.exists():
            if shutil.which("go") is None:
                unavailable("the Session Manager plugin needs go")
            unfinished = cache / "unfinished"
            built = subprocess.run(
                ["go", "build", "-trimpath", "-buildvcs=false", "-o", unfinished, _PACKAGE],
                cwd=_MODULE,
                env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""},
                capture_output=True,
                text=True,
                timeout=600,
            )
            if built.returncode:
                unavailable(f"the Session Manager plugin could not be built: {built.stderr.strip()[-500:]}")
            plugin.parent.mkdir(exist_ok=True)
            unfinished.rename(plugin)
    return plugin
