"""The environment that points at the sandbox, as Python builds it and as a shell gets it from `.sandbox/env`."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.commands.environment import Provider, SandboxEnvironment, keeps_checkpoints
from sandbox.commands.layout import Layout
from sandbox.toolchain.wrapper import install_python

_REAL_ACCOUNT = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "secret",
    "AWS_ENDPOINT_URL_S3": "https://s3.example",
    "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/admin",
    "PULUMI_ACCESS_TOKEN": "pul-secret",
    "PULUMI_STACK": "theirs",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "/their/passphrase",
}

_SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"no {shell} on this machine"))
    for shell in ("bash", "dash", "zsh")
]


@pytest.fixture
def environment(tmp_path: Path) -> SandboxEnvironment:
    return SandboxEnvironment(layout=Layout(project=tmp_path / "a shop's site"), port=4566)


def _sourced(shell: str, environment: SandboxEnvironment, caller: dict[str, str], times: int = 1) -> dict[str, str]:
    """The environment of a shell, started elsewhere with `set -u`, after sourcing the file."""
    environment.layout.commands.mkdir(exist_ok=True)
    source = '. "$1" && ' * times
    ran = subprocess.run(
        [shell, "-uc", f"{source} env -0", shell, environment.layout.environment],
        cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **caller},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""
    return dict(line.split("=", 1) for line in ran.stdout.split("\0") if line)


def _about_clouds(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(("AWS_", "PULUMI_"))}


@pytest.mark.parametrize("shell", _SHELLS)
def test_a_shell_that_sourced_the_file_has_the_environment_of_the_sandboxs_own_commands(
    shell: str, environment: SandboxEnvironment
) -> None:
    """Nothing of a real account gets through, whichever of the two ways leads to the sandbox."""
    environment.write()
    caller = {**_REAL_ACCOUNT, "HOME": "/home/someone", "NO_PROXY": "intranet.example"}
    shell_has = _sourced(shell, environment, caller)
    python_has = environment.over({"PATH": "/usr/local/bin:/usr/bin:/bin", **caller})
    assert {name: shell_has.get(name) for name in python_has} == python_has
    assert _about_clouds(shell_has) == _about_clouds(python_has)
    assert not _REAL_ACCOUNT.keys() & shell_has.keys()


@pytest.mark.parametrize("shell", _SHELLS)
def test_a_sandbox_that_was_moved_says_so(shell: str, environment: SandboxEnvironment) -> None:
    """Otherwise the shell would use another `pulumi` of the machine, which writes into the tracked stack files."""
    environment.write()
    source = [shell, "-uc", '. "$1"', shell, str(environment.layout.environment)]
    ran = subprocess.run(source, capture_output=True, text=True, check=True)
    assert ran.stderr == (
        f"{environment.layout.commands}: it is gone. If this directory was moved, run './shop sandbox up' and source "
        "this again.\n"
    )


@pytest.mark.parametrize("shell", _SHELLS)
def test_sourcing_twice_is_the_same_as_once(shell: str, environment: SandboxEnvironment) -> None:
    """PATH and the proxies' exceptions do not grow."""
    environment.write()
    assert _sourced(shell, environment, {}, times=2) == _sourced(shell, environment, {})


def test_the_sandboxs_pulumi_comes_first_and_everything_points_at_loopback(environment: SandboxEnvironment) -> None:
    """The engine, its plugins and boto3 all talk to the one embedded server, and keep their files beside it."""
    variables = environment.over({"PATH": "/usr/bin", "no_proxy": "intranet.example"})
    assert variables["PATH"] == f"{environment.layout.directory}/bin:/usr/bin"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert variables["PULUMI_BACKEND_URL"] == (
        "s3://client-pulumi-state-storage"
        "?endpoint=http://127.0.0.1:4566&disableSSL=true&s3ForcePathStyle=true&region=eu-west-3"
    )
    assert variables["no_proxy"] == variables["NO_PROXY"] == "127.0.0.1,localhost,intranet.example"
    for name in ("PULUMI_HOME", "MAGENTO_CERTIFICATE_DIR"):
        assert Path(variables[name]).is_relative_to(environment.layout.directory)


def test_checkpoints_are_skipped_unless_asked_for(tmp_path: Path) -> None:
    """`SANDBOX_CHECKPOINTS=1` is what makes a killed run recoverable."""
    layout = Layout(project=tmp_path)
    assert SandboxEnvironment(layout=layout, port=1).variables()["PULUMI_SKIP_CHECKPOINTS"] == "true"
    assert "PULUMI_SKIP_CHECKPOINTS" not in SandboxEnvironment(layout=layout, port=1, checkpoints=True).variables()


def test_the_two_providers_never_share_a_plugin_directory(tmp_path: Path) -> None:
    """Both stand under the same name and version there, so the one would be taken for the other."""
    homes = {SandboxEnvironment(layout=Layout(project=tmp_path), port=1, provider=one).pulumi_home for one in Provider}
    assert len(homes) == len(Provider)


def test_python_and_boto3_are_there_on_a_machine_with_nothing_else(environment: SandboxEnvironment) -> None:
    """Debian has no `python`, and its `python3` has no boto3."""
    environment.write()
    install_python(environment.layout.commands)
    for name in ("python", "python3"):
        found = subprocess.run(
            [
                "sh",
                "-c",
                f'. "$1" && {name} -c "import boto3, sys; print(sys.prefix)"',
                "sh",
                environment.layout.environment,
            ],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == sys.prefix


def test_the_file_tells_whether_a_sourced_shell_keeps_checkpoints(environment: SandboxEnvironment) -> None:
    """A run that was killed in such a shell can be continued only if it did."""
    assert not keeps_checkpoints(environment.layout.environment)
    for checkpoints in (True, False):
        dataclasses.replace(environment, checkpoints=checkpoints).write()
        assert keeps_checkpoints(environment.layout.environment) is checkpoints
