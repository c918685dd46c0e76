"""The provider plugins under the sandbox's own `PULUMI_HOME`."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

from sandbox.commands.environment import Provider, SandboxEnvironment
from sandbox.commands.errors import SandboxError
from sandbox.provider.install import install as install_embedded

_DOWNLOAD_SECONDS = 180.0
"""Enough for the AWS plugin's 200 MB on a slow line, and no more to wait for where there is no line at all."""

_PACKAGES = {"aws": "pulumi-aws", "random": "pulumi-random"}
"""Each plugin, and the Python package whose version it must have."""


def install(environment: SandboxEnvironment, variables: dict[str, str]) -> None:
    """Put the plugins that the program needs in place. Does nothing when they are there."""
    if environment.provider is Provider.EMBEDDED:
        install_embedded(environment.pulumi_home)
        return
    for plugin, package in _PACKAGES.items():
        _download(environment, variables, plugin, version(package))


def _download(environment: SandboxEnvironment, variables: dict[str, str], plugin: str, number: str) -> None:
    if (environment.pulumi_home / "plugins" / f"resource-{plugin}-v{number}").is_dir():
        return
    command: list[str | Path] = [
        environment.layout.commands / "pulumi",
        "plugin",
        "install",
        "resource",
        plugin,
        number,
    ]
    try:
        subprocess.run(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        reason = f"no answer within {_DOWNLOAD_SECONDS:.0f} s"
    except subprocess.CalledProcessError as failed:
        # Its last line; those before tell of each attempt.
        reason = str(failed.stderr).strip().rpartition("\n")[2]
    else:
        return
    raise SandboxError(
        f"The official {plugin} plugin {number} cannot be had here ({reason}). "
        "Run `make sandbox` without PROVIDER=official to use the sandbox's own."
    )
