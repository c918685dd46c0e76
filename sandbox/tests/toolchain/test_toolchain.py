"""Which Pulumi CLI is used, and what happens when there is none: decided with fake `pulumi` and `go` programs."""

from __future__ import annotations

import multiprocessing
import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.tests.toolchain.toolchain_machine import VERSION, Machine
from sandbox.toolchain import module
from sandbox.toolchain.cache import GIB, CliCache, default_cache_directory
from sandbox.toolchain.cli import CliSource, PulumiCli
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.installation import FILES, WRAPPER_MARK, is_new_enough
from sandbox.toolchain.prerequisites import missing_go, missing_python


def release(version: str = VERSION) -> dict[str, str]:
    return dict.fromkeys(FILES, f"#!/bin/sh\necho v{version}\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_pinned_engine_is_the_version_of_the_python_sdk() -> None:
    """An engine and an SDK of two versions were never tried together."""
    requirements = (module.MODULE.parents[1] / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert f"pulumi=={VERSION}" in requirements


def test_a_cli_on_path_comes_first(machine: Machine) -> None:
    """What the user has installed is used, and nothing is downloaded or built."""
    installed = machine.install("pulumi", "echo v3.999.0")
    machine.install("pulumi-language-python", "")
    assert machine.find() == PulumiCli(pulumi=installed, version="3.999.0", source=CliSource.ON_PATH)
    assert machine.said == []


@pytest.mark.parametrize(
    ("script", "host", "reason"),
    [
        ("echo v3.100.0", True, "got version 3.100.0"),
        ("echo v4.0.0", True, "got version 4.0.0"),
        (f"echo v{VERSION}", False, "there is no pulumi-language-python beside it"),
        ("exit 1", True, "it does not print a version"),
        ("echo", True, "it does not print a version"),
    ],
)
def test_a_cli_on_path_that_does_not_fit_is_passed_over(machine: Machine, script: str, host: bool, reason: str) -> None:
    """One that is too old, of another major version, without a language host or broken is named and not used."""
    machine.install("pulumi", script)
    if host:
        machine.install("pulumi-language-python", "")
    machine.install_go()
    assert machine.find().source is CliSource.BUILT
    assert reason in machine.said[0]


def test_the_sandbox_does_not_find_its_own_wrapper(machine: Machine) -> None:
    """After sourcing `.sandbox/env` its wrapper is first on PATH, and would call itself without end."""
    machine.install("pulumi", f"{WRAPPER_MARK}\necho v{VERSION}")
    machine.install("pulumi-language-python", "")
    machine.publish(release())
    assert machine.find().source is CliSource.DOWNLOADED


def test_a_downloaded_release_is_kept(machine: Machine) -> None:
    """The second run neither downloads nor says anything."""
    machine.publish(release())
    first = machine.find()
    assert first.source is CliSource.DOWNLOADED
    machine.answers.clear()
    machine.said.clear()
    assert machine.find() == PulumiCli(pulumi=first.pulumi, version=VERSION, source=CliSource.CACHED)
    assert machine.said == []


@pytest.mark.parametrize(
    ("content", "checksum", "reason"),
    [
        (release(), "f" * 64, f"expected {'f' * 64}"),
        (None, None, "the network is not reachable: Network is unreachable"),
    ],
)
def test_without_an_official_release_the_cli_is_built(
    machine: Machine, content: Mapping[str, str] | None, checksum: str | None, reason: str
) -> None:
    """A closed network or a release that is not what was published: one line says so, and nothing of it stays."""
    if content:
        machine.publish(content, checksum=checksum)
    machine.install_go()
    built = machine.find()
    assert built.source is CliSource.BUILT
    assert any(reason in line for line in machine.said)
    assert machine.cached() == [built.pulumi.parent.name]
    assert machine.find().source is CliSource.CACHED


def test_one_way_can_be_chosen(machine: Machine) -> None:
    """SANDBOX_CLI allows one way, and says so when that one fails."""
    machine.publish(release())
    machine.install_go()
    assert machine.find(SANDBOX_CLI="build").source is CliSource.BUILT
    assert machine.find(SANDBOX_CLI="official").source is CliSource.DOWNLOADED
    with pytest.raises(ToolchainError, match="PATH: got no usable pulumi"):
        machine.find(SANDBOX_CLI="path")
    with pytest.raises(ToolchainError, match="SANDBOX_CLI: got 'brew', expected path, official, build or nothing"):
        machine.find(SANDBOX_CLI="brew")


def test_only_the_official_release_is_allowed_and_cannot_be_downloaded(machine: Machine) -> None:
    """There is an error, and no build."""
    with pytest.raises(ToolchainError, match=r"official Pulumi CLI .* cannot be downloaded: the network is"):
        machine.find(SANDBOX_CLI="official")


def test_no_cli_and_no_go(machine: Machine) -> None:
    """The message has the command that installs Go."""
    with pytest.raises(ToolchainError, match=r"curl -fsSL https://go\.dev/dl/go[0-9.]+\.linux.* \| sudo tar -C"):
        machine.find()


def test_go_that_is_too_old(machine: Machine) -> None:
    """Go downloads a newer Go from version 1.21 on, if it is allowed to. Debian 12 has an older one."""
    machine.install_go(version="1.19.8")
    old = missing_go("1.25.11", machine.bin, {"PATH": str(machine.bin)})
    assert old is not None
    assert "got Go 1.19.8, expected 1.25.11 or newer" in old
    assert "Install it with: curl" in old
    machine.install("go", 'echo "go: go.mod requires go >= 1.25.11 (running go 1.24.1; GOTOOLCHAIN=local)" >&2; exit 1')
    local = missing_go("1.25.11", machine.bin, {"PATH": str(machine.bin)})
    assert local is not None
    assert "export GOTOOLCHAIN=auto" in local


def test_python_that_is_too_old_or_without_venv() -> None:
    """The message has the command of Debian and Ubuntu."""
    assert missing_python((3, 11), has_venv=True) is None
    assert "sudo apt-get install python3.11 python3.11-venv" in (missing_python((3, 9), has_venv=True) or "")
    assert "sudo apt-get install python3.12-venv" in (missing_python((3, 12), has_venv=False) or "")


def test_a_failed_build_says_why_and_leaves_nothing(machine: Machine) -> None:
    """The next run starts from a clean cache."""
    machine.install_go(build='echo > "$2/pulumi"; echo "undefined: frobnicate" >&2; exit 1')
    with pytest.raises(ToolchainError, match="undefined: frobnicate"):
        machine.find()
    assert machine.cached() == []


def test_a_disk_that_is_too_small(machine: Machine) -> None:
    """The message says how much space is needed, where, and how much there is. Nothing is built."""
    machine.install_go(build="exit 1")
    machine.cache = CliCache(directory=machine.cache.directory, free_bytes=lambda _: GIB)
    with pytest.raises(ToolchainError, match=r"cache: got 1\.0 GiB of free disk space, expected about 3 GiB"):
        machine.find()
    assert machine.cached() == []


def test_a_disk_that_fills_up(machine: Machine) -> None:
    """The compiler's own words become one sentence."""
    machine.install_go(build='echo > "$2/pulumi"; echo "write /tmp/x: no space left on device" >&2; exit 1')
    with pytest.raises(ToolchainError, match="The disk filled up"):
        machine.find()
    assert machine.cached() == []


def test_what_a_killed_build_left_is_removed(machine: Machine) -> None:
    """A killed process cannot clean up after itself."""
    leftover = machine.cache.directory / "unfinished-abc"
    leftover.mkdir(parents=True)
    (leftover / "pulumi").touch()
    machine.install_go()
    built = machine.find()
    assert machine.cached() == [built.pulumi.parent.name]


def test_two_at_once_build_once(machine: Machine, tmp_path: Path) -> None:
    """Fresh clones share one build: the second waits for the first, and then uses it."""
    builds = tmp_path / "builds"
    machine.install_go(build=f"echo built >> {shlex.quote(str(builds))}; {shutil.which('sleep')} 0.5")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=machine.find) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert builds.read_text(encoding="utf-8") == "built\n"


def test_every_source_of_the_build_is_in_its_stamp(tmp_path: Path) -> None:
    """A changed pin or source is another build; a changed test is not."""
    copy = tmp_path / "toolchain"
    shutil.copytree(module.MODULE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    stamps = [module.stamp(copy)]
    for changed in ("go.mod", "go.sum", "language-host/program.go"):
        with (copy / changed).open("a", encoding="utf-8") as file:
            file.write("\n// changed\n")
        stamps.append(module.stamp(copy))
    assert len(set(stamps)) == 4
    (copy / "language-host" / "options_test.go").unlink()
    assert module.stamp(copy) == stamps[-1]


def test_versions_are_compared_by_number() -> None:
    """A later minor version has more digits; another major version may speak another protocol."""
    assert is_new_enough("3.1000.0", "3.259.0")
    assert not is_new_enough("3.26.0", "3.259.0")
    assert not is_new_enough("4.0.0", "3.259.0")


def test_the_cache_is_where_the_user_wants_it() -> None:
    """By the XDG base directory specification, which has relative paths ignored."""
    assert default_cache_directory({"XDG_CACHE_HOME": "/big"}) == Path("/big/magento-sandbox")
    assert default_cache_directory({"XDG_CACHE_HOME": "big"}) == Path.home() / ".cache" / "magento-sandbox"


def test_a_cache_that_cannot_be_written(tmp_path: Path, machine: Machine) -> None:
    """Not a traceback, and with the variable that helps: a HOME may be another user's, or none."""
    occupied = tmp_path / "file"
    occupied.touch()
    machine.cache = CliCache(directory=occupied / "cache")
    with pytest.raises(
        ToolchainError, match=f"{occupied}{os.sep}cache: the cache cannot be used .* Set XDG_CACHE_HOME"
    ):
        machine.find()
