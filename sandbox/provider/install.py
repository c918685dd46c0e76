"""Puts the plugin where the Pulumi engine looks for it, under the sandbox's own ``PULUMI_HOME`` and nowhere else."""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

PACKAGES: Final = ("aws", "random")
_ROOT: Final = Path(__file__).resolve().parents[2]


def install(pulumi_home: Path, python: Path = Path(sys.executable)) -> list[Path]:
    """Writes ``plugins/resource-<package>-v<version>/pulumi-resource-<package>`` for each package, in the version of
    its installed SDK, run by ``python``. Answers the executables; what is already right stays untouched."""
    executables = []
    for package in PACKAGES:
        release = version(f"pulumi-{package}")
        folder = pulumi_home / "plugins" / f"resource-{package}-v{release}"
        executable = folder / f"pulumi-resource-{package}"
        script = _script(package, release, python)
        if not executable.is_file() or executable.read_text() != script:
            folder.mkdir(parents=True, exist_ok=True)
            executable.write_text(script)
        executable.chmod(0o755)
        executables.append(executable)
    return executables


def _script(package: str, release: str, python: Path) -> str:
    """A shell script, as a ``#!`` line cannot hold a path with a space."""
    return (
        "#!/bin/sh\n"
        f"# Serves {package} resources from the sandbox's embedded AWS. Written by sandbox/provider/install.py.\n"
        f"PYTHONPATH={shlex.quote(str(_ROOT))}\n"
        "export PYTHONPATH\n"
        f'exec {shlex.quote(str(python))} -s -m sandbox.provider {package} {release} "$@"\n'
    )
