"""The provider plugins under the sandbox's own `PULUMI_HOME`."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

from commands.errors import CannotRunError
from sandbox.commands.environment import Provider, SandboxEnvironment
from sandbox.provider.install import install as install_embedded

_DOWNLOAD_SECONDS = 180.0
"""Enough for the AWS plugin's 200 MB on a slow line, and not too long to wait where there is no internet."""

_PACKAGES = {"aws": "pulumi-aws", "random": "pulumi-random"}
"""Each plugin, and the Python package whose version it must have."""


def install(environment: SandboxEnvironment, variables: dict[str, str]) -> None:
    """Install the plugins that the program needs, unless they are installed."""
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
        # The last line; those before it report each attempt.
        reason = str(failed.stderr).strip().rpartition("\n")[2]
    else:
        return
    raise CannotRunError(
        f"The official {plugin} plugin {number} cannot be downloaded ({reason}). "
        "Run `./shop sandbox up` without PROVIDER=official to use the sandbox's own plugin."
    )
