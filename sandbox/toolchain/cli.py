"""Finds the Pulumi CLI: on PATH, in the cache, as a download or by a build, in this order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sandbox.toolchain import module, official
from sandbox.toolchain.build import GoBuild
from sandbox.toolchain.cache import CliCache, default_cache_directory
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.installation import CLI, LANGUAGE_HOST, is_new_enough, is_wrapper, version_of

CHOICE_VARIABLE = "SANDBOX_CLI"
"""The environment variable that allows a single way; its values are those of `CliChoice`."""


class CliChoice(StrEnum):
    """A way to get the CLI."""

    PATH = "path"
    """The user's own `pulumi`."""
    OFFICIAL = "official"
    """The official release, downloaded."""
    BUILD = "build"
    """The real engine, built from its Go modules with the sandbox's Python language host."""


class CliSource(StrEnum):
    """Where the CLI comes from."""

    ON_PATH = "found on PATH"
    CACHED = "from the cache"
    DOWNLOADED = "downloaded"
    BUILT = "built from Go modules"


@dataclass(frozen=True, kw_only=True)
class PulumiCli:
    """A CLI that runs, with its Python language host."""

    pulumi: Path
    """The executable, absolute."""
    version: str
    """Such as `3.259.0`."""
    source: CliSource


def find_or_make_cli(
    *,
    report: Callable[[str], None] = print,
    environment: Mapping[str, str] = os.environ,
    cache: CliCache | None = None,
    open_url: official.Open = official.open_url,
) -> PulumiCli:
    """The CLI to use: from PATH, from the cache, downloaded or built, in this order.

    `report` gets a line before anything that takes time, and when one way fails. Raises `ToolchainError` if all fail,
    with the commands that help.
    """
    allowed = _allowed(environment)
    cache = cache or CliCache(directory=default_cache_directory(environment))
    version = module.pinned_version()
    if CliChoice.PATH in allowed and (found := _on_path(version, environment, report)):
        return found
    names = {
        CliChoice.BUILD: f"built-{version}-{module.stamp()[:16]}",
        CliChoice.OFFICIAL: f"official-{version}",
    }
    candidates = {choice: name for choice, name in names.items() if choice in allowed}
    if not candidates:
        raise ToolchainError(
            f"PATH: got no usable pulumi, expected version {version} or newer with {LANGUAGE_HOST} beside it. "
            f"Install it, or unset {CHOICE_VARIABLE}."
        )
    if kept := _kept(cache, candidates, version):
        return kept
    with cache.lock(report):
        # Another process may have made it while this one waited for the lock.
        return _kept(cache, candidates, version) or _make(cache, candidates, version, report, environment, open_url)


def _allowed(environment: Mapping[str, str]) -> frozenset[CliChoice]:
    chosen = environment.get(CHOICE_VARIABLE, "")
    if not chosen:
        return frozenset(CliChoice)
    try:
        return frozenset({CliChoice(chosen)})
    except ValueError:
        raise ToolchainError(
            f"{CHOICE_VARIABLE}: got {chosen!r}, expected {', '.join(CliChoice)} or nothing."
        ) from None


def _on_path(required: str, environment: Mapping[str, str], report: Callable[[str], None]) -> PulumiCli | None:
    for executable in _executables_on_path(environment):
        version = version_of(executable)
        if version is None:
            report(f"Not using {executable}: it does not print a version.")
        elif not is_new_enough(version, required):
            report(f"Not using {executable}: got version {version}, expected {required} or newer.")
        elif not any((place / LANGUAGE_HOST).exists() for place in (executable.parent, executable.resolve().parent)):
            report(f"Not using {executable}: there is no {LANGUAGE_HOST} beside it.")
        else:
            return PulumiCli(pulumi=executable, version=version, source=CliSource.ON_PATH)
    return None


def _executables_on_path(environment: Mapping[str, str]) -> Iterator[Path]:
    """Every `pulumi` on PATH except the sandbox's wrapper."""
    for directory in environment.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(CLI, path=directory) if directory else None
        if found and not is_wrapper(Path(found)):
            yield Path(found).absolute()


def _kept(cache: CliCache, candidates: Mapping[CliChoice, str], version: str) -> PulumiCli | None:
    for name in candidates.values():
        if directory := cache.find(name):
            return PulumiCli(pulumi=directory / CLI, version=version, source=CliSource.CACHED)
    return None


def _make(
    cache: CliCache,
    candidates: Mapping[CliChoice, str],
    version: str,
    report: Callable[[str], None],
    environment: Mapping[str, str],
    open_url: official.Open,
) -> PulumiCli:
    if CliChoice.OFFICIAL in candidates:
        report(f"Downloading the official Pulumi CLI {version}.")
        try:
            directory = official.download(version, cache, candidates[CliChoice.OFFICIAL], open_url=open_url)
        except official.DownloadFailedError as error:
            if CliChoice.BUILD not in candidates:
                raise ToolchainError(f"The official Pulumi CLI {version} cannot be downloaded: {error}.") from error
            report(f"It cannot be downloaded ({error}). Building it instead.")
        else:
            return _checked(directory, version, CliSource.DOWNLOADED)
    directory = GoBuild(environment=environment).into(cache, candidates[CliChoice.BUILD], report)
    return _checked(directory, version, CliSource.BUILT)


def _checked(directory: Path, version: str, source: CliSource) -> PulumiCli:
    said = version_of(directory / CLI)
    if said != version:
        raise ToolchainError(f"{directory / CLI}: got version {said}, expected {version}. Delete {directory}.")
    return PulumiCli(pulumi=directory / CLI, version=version, source=source)
