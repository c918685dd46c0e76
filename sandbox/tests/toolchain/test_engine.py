"""The real CLI with the language host and the wrapper: a tiny program without providers, its state in a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from sandbox.toolchain import module
from sandbox.toolchain.cli import PulumiCli, find_or_make_cli
from sandbox.toolchain.wrapper import install_wrapper

SECONDS = 60
STACK_FILE = "config:\n  shop:town: Lyon # where it is\n"
PROGRAM = """\
import pulumi
pulumi.export("town", pulumi.Config().require("town"))
pulumi.export("pin", pulumi.Output.secret("4711"))
"""
PROGRAM_THAT_FAILS = """\
def broken():
    raise ValueError("broken on purpose")
broken()
"""
PROGRAM_THAT_HANGS = """\
import pathlib, subprocess, time
subprocess.Popen(["sleep", "300"])
pathlib.Path("started").touch()
time.sleep(300)
"""


class Shop:
    """A Pulumi project with one stack, and the sandbox's `pulumi` for it."""

    def __init__(self, cli: PulumiCli, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.write("Pulumi.yaml", f"name: shop\nruntime: {{name: python, options: {{virtualenv: {sys.prefix!r}}}}}\n")
        self.write("Pulumi.prod.yaml", STACK_FILE)
        state = directory / ".sandbox" / "state"
        state.mkdir(parents=True)
        self.wrapper = install_wrapper(pulumi=cli.pulumi, repository=directory, sandbox=directory / ".sandbox")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")} | {
            "PULUMI_HOME": str(directory / ".sandbox" / "home"),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "sandbox",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.wrapper, *arguments, "--non-interactive"],
            cwd=self.directory,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit status and all that is printed."""
        with self.start(*arguments, **environment) as process:
            printed, _ = process.communicate(timeout=SECONDS)
            return process.returncode, printed

    def succeed(self, *arguments: str) -> str:
        status, printed = self.run(*arguments)
        assert status == 0, printed
        return printed

    def start_hanging(self) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
        """An `up` in the middle of its program, and the processes below the CLI."""
        self.write("__main__.py", PROGRAM_THAT_HANGS)
        up = self.start("up", "--yes", "--skip-preview", "-s", "prod")
        deadline = time.monotonic() + SECONDS
        while not (self.directory / "started").exists():
            assert up.poll() is None, up.communicate()[0]
            assert time.monotonic() < deadline, "the program does not start"
            time.sleep(0.02)
        return up, psutil.Process(up.pid).children(recursive=True)


@pytest.fixture(scope="module")
def cli() -> PulumiCli:
    """The CLI that `make sandbox` would use here."""
    return find_or_make_cli()


@pytest.fixture
def shop(cli: PulumiCli, tmp_path: Path) -> Shop:
    """With its stack made, in a directory with a space in its name."""
    shop = Shop(cli, tmp_path / "my shop")
    shop.write("__main__.py", PROGRAM)
    shop.succeed("stack", "init", "prod")
    return shop


@pytest.fixture
def own_host(cli: PulumiCli) -> None:
    """For what only our language host promises."""
    if not (cli.pulumi.parent / "stamp").exists():
        pytest.skip(f"the CLI {cli.pulumi} brings the official language host")


def tracked(shop: Shop) -> Mapping[str, bytes]:
    """The project's own files, outside of what git ignores."""
    return {
        path.name: path.read_bytes() for path in shop.directory.iterdir() if path.is_file() and path.name != "started"
    }


def test_the_cli_knows_its_version(cli: PulumiCli) -> None:
    """Without the stamp of the build it would print an empty line."""
    printed = subprocess.run([cli.pulumi, "version"], capture_output=True, text=True, check=True).stdout
    assert printed.strip().removeprefix("v") == cli.version
    if (cli.pulumi.parent / "stamp").exists():
        assert cli.version == module.pinned_version()


@pytest.mark.long
def test_a_stack_from_its_making_to_its_end(shop: Shop) -> None:
    """Nothing that the CLI does to a stack changes a tracked file, and its secrets are in the state as ciphertext."""
    before = tracked(shop)
    assert "4711" not in shop.succeed("up", "--yes", "-s", "prod")
    assert "4711" in shop.succeed("stack", "output", "--show-secrets", "-s", "prod")
    assert "4711" not in shop.succeed("stack", "export", "-s", "prod")
    shop.succeed("preview", "--expect-no-changes", "-s", "prod")
    shop.succeed("refresh", "--yes", "--expect-no-changes", "-s", "prod")
    shop.succeed("config", "set", "--secret", "pin", "1234", "-s", "prod")
    assert shop.succeed("config", "get", "pin", "-s", "prod").strip() == "1234"
    shop.succeed("stack", "history", "--show-secrets", "-s", "prod")
    shop.succeed("stack", "select", "prod")
    assert "Lyon" in shop.succeed("stack")
    shop.succeed("destroy", "--yes", "-s", "prod")
    shop.succeed("stack", "rm", "--yes", "-s", "prod")
    assert tracked(shop) == before


def test_a_wrong_passphrase(shop: Shop) -> None:
    """One clear error, and nothing written."""
    before = tracked(shop)
    status, printed = shop.run("up", "--yes", "-s", "prod", PULUMI_CONFIG_PASSPHRASE="wrong")
    assert status != 0
    assert "incorrect passphrase" in printed
    assert tracked(shop) == before


def test_a_program_that_fails(shop: Shop) -> None:
    """The traceback shows the program's own lines, once, and nothing of what runs it."""
    shop.write("__main__.py", PROGRAM_THAT_FAILS)
    status, printed = shop.run("preview", "-s", "prod")
    assert status != 0
    assert printed.count("Traceback (most recent call last)") == 1
    assert "ValueError: broken on purpose" in printed
    assert "pulumi-language-python" not in printed
    assert "runpy" not in printed


def test_a_policy_pack(shop: Shop) -> None:
    """It runs in the virtual environment that its own file names, and a violation fails the preview."""
    shop.write("policies/PulumiPolicy.yaml", f"runtime: {{name: python, options: {{virtualenv: {sys.prefix!r}}}}}\n")
    shop.write(
        "policies/__main__.py",
        """\
        from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy
        def shops_are_in_paris(args, report):
            report("This shop is elsewhere.")
        PolicyPack("shop", policies=[StackValidationPolicy(
            name="paris", description="d", enforcement_level=EnforcementLevel.MANDATORY, validate=shops_are_in_paris)])
        """,
    )
    status, printed = shop.run("preview", "-s", "prod", "--policy-pack", "policies")
    assert status != 0
    assert "This shop is elsewhere." in printed


@pytest.mark.usefixtures("own_host")
def test_an_option_that_the_host_does_not_know(shop: Shop) -> None:
    """It is refused rather than ignored."""
    shop.write(
        "Pulumi.yaml",
        f"name: shop\nruntime: {{name: python, options: {{virtualenv: {sys.prefix!r}, typechecker: mypy}}}}\n",
    )
    status, printed = shop.run("preview", "-s", "prod")
    assert status != 0
    assert 'runtime.options.typechecker: got "mypy", expected none' in printed


@pytest.mark.long
@pytest.mark.usefixtures("own_host")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_cli(shop: Shop, sent: signal.Signals) -> None:
    """Neither host nor program nor what it started: not after Ctrl-C, not after `kill -9`; and no stray traceback."""
    up, below = shop.start_hanging()
    assert {process.name() for process in below} >= {"pulumi-language-python", "sleep"}
    os.killpg(up.pid, sent)  # As a terminal does: plugins and programs have other groups.
    _, alive = psutil.wait_procs(below, timeout=10)
    for process in alive:
        process.kill()
    printed, _ = up.communicate(timeout=SECONDS)
    assert alive == []
    assert "Traceback" not in printed
    assert "KeyboardInterrupt" not in printed
    assert up.returncode != 0
