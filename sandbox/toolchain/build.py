"""Builds the CLI and its Python language host from the pinned Go modules."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain import module
from sandbox.toolchain.cache import CliCache
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.installation import EXEC_SCRIPT, LANGUAGE_HOST
from sandbox.toolchain.prerequisites import missing_go

BUILD_GIB = 3.0
"""Measured for 3.259.0: 1.6 GiB of modules, 1.1 GiB of build cache, 0.2 GiB of binaries."""


@dataclass(frozen=True, kw_only=True)
class GoBuild:
    """A build of the committed Go module, with the `go` on the environment's PATH."""

    environment: Mapping[str, str]
    directory: Path = module.MODULE

    def into(self, cache: CliCache, name: str, report: Callable[[str], None]) -> Path:
        """Build into the cache under this name. Returns the directory."""
        if problem := missing_go(module.required_go(self.directory), self.directory, self._environment()):
            raise ToolchainError(problem)
        go_caches = self._go("env", "GOMODCACHE", "GOCACHE").split("\n")
        cache.require_space(BUILD_GIB, "Building the Pulumi CLI", also=tuple(map(Path, go_caches)))
        version = module.pinned_version(self.directory)
        report(
            f"Building the Pulumi CLI {version} from its Go modules into {cache.directory}, for all clones: "
            "about 4 minutes on two cores, once."
        )
        started = time.monotonic()
        with cache.adding(name) as binaries:
            self._go(
                *("build", *module.build_flags(self.directory), "-o", f"{binaries}{os.sep}"),
                *(module.CLI_PACKAGE, module.LANGUAGE_HOST_PACKAGE),
            )
            (binaries / Path(module.LANGUAGE_HOST_PACKAGE).name).rename(binaries / LANGUAGE_HOST)
            sdk = Path(self._go("list", "-m", "-f", "{{.Dir}}", module.SDK))
            # copyfile, not copy: files of the module cache are read-only.
            shutil.copyfile(sdk / "python" / "cmd" / EXEC_SCRIPT, binaries / EXEC_SCRIPT)
            (binaries / EXEC_SCRIPT).chmod(0o755)
            (binaries / "stamp").write_text(
                f"{module.stamp(self.directory)}\n{self._go('version')}\n", encoding="utf-8"
            )
        report(f"Built the Pulumi CLI in {time.monotonic() - started:.0f} s.")
        return cache.directory / name

    def _environment(self) -> dict[str, str]:
        # A Go workspace around the repository and the user's flags must not change the build.
        return {**self.environment, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}

    def _go(self, *arguments: str) -> str:
        """The output of a go command. Raises `ToolchainError` with the last lines of its errors."""
        answer = subprocess.run(
            ["go", *arguments],
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode == 0:
            return answer.stdout.strip()
        if "no space left on device" in answer.stderr:
            raise ToolchainError(
                f"The disk filled up during the build of the Pulumi CLI, which needs about {BUILD_GIB:g} GiB. "
                "The unfinished build was removed. Free some space and start again."
            )
        errors = "\n".join(answer.stderr.strip().splitlines()[-15:])
        raise ToolchainError(f"`go {arguments[0]}` failed in {self.directory}:\n{errors}")
