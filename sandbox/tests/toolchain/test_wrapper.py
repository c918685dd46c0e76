"""The wrapper keeps every command of the CLI off the tracked stack files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.stack_copies import ShadowProject, split_encryption_settings
from sandbox.toolchain.wrapper import install_wrapper, named_stack, options

PROD = """\
# What the shop is.
config:
  magento:window: 12:30 # not a number
  magento:name: shop
"""
SALT = "encryptionsalt: v1:abc=:v1:def\n"


@pytest.fixture
def shadow(tmp_path: Path) -> ShadowProject:
    """The copies of a repository with one stack file, in a directory with a space in its name."""
    repository = tmp_path / "my shop"
    repository.mkdir()
    (repository / "Pulumi.yaml").write_text("name: magento\nruntime: python\n", encoding="utf-8")
    (repository / "Pulumi.prod.yaml").write_text(PROD, encoding="utf-8")
    return ShadowProject(repository=repository, directory=repository / ".sandbox" / "project")


def chosen(shadow: ShadowProject, command: str, **environment: str) -> dict[str, str]:
    """The options for a command line, but for the one that every command gets."""
    given = options(command.split(), environment, shadow, shadow.repository)
    assert given.pop("PULUMI_OPTION_PRESERVE_CONFIG") == "true"
    return given


def test_a_copy_is_the_tracked_text(shadow: ShadowProject) -> None:
    """Comments and all, and the folder is the same project."""
    assert shadow.refresh() == []
    assert shadow.config_file("prod").read_text(encoding="utf-8") == PROD
    assert (shadow.directory / "Pulumi.yaml").samefile(shadow.repository / "Pulumi.yaml")


def test_the_salt_and_values_set_in_the_sandbox_stay(shadow: ShadowProject) -> None:
    """What the CLI writes into a copy is there for the next command."""
    shadow.refresh()
    written = f"{PROD}  magento:size: 3\n{SALT}"
    shadow.config_file("prod").write_text(written, encoding="utf-8")
    assert shadow.refresh() == []
    assert shadow.config_file("prod").read_text(encoding="utf-8") == written


def test_a_changed_tracked_file_is_used_at_once(shadow: ShadowProject) -> None:
    """With the sandbox's salt, without which its state is lost; values set in the sandbox go, and are named."""
    shadow.refresh()
    shadow.config_file("prod").write_text(f"{PROD}  magento:size: 3\n{SALT}", encoding="utf-8")
    edited = PROD.replace("shop\n", "market\n")
    (shadow.repository / "Pulumi.prod.yaml").write_text(edited, encoding="utf-8")
    (said,) = shadow.refresh()
    assert "magento:size" in said
    assert shadow.config_file("prod").read_text(encoding="utf-8") == edited + SALT


def test_the_clis_own_spelling_is_no_value_of_the_sandbox(shadow: ShadowProject) -> None:
    """The CLI saves `false` as text whenever it saves. That is not a value that the user has set."""
    tracked = shadow.repository / "Pulumi.prod.yaml"
    plain = f"{PROD}  magento:protect: false\n  magento:count: 3\n"
    tracked.write_text(plain, encoding="utf-8")
    shadow.refresh()
    resaved = plain.replace("protect: false", 'protect: "false"').replace("count: 3", 'count: "3"')
    shadow.config_file("prod").write_text(resaved + SALT, encoding="utf-8")
    tracked.write_text(plain.replace("shop\n", "market\n"), encoding="utf-8")
    assert shadow.refresh() == []


def test_the_key_of_a_real_account_stays_out_of_the_copy(shadow: ShadowProject) -> None:
    """The embedded AWS does not have the KMS key that the tracked file may name."""
    real = "secretsprovider: awskms://alias/shop\nencryptedkey: >-\n  AQICAHh\n  folded\n"
    (shadow.repository / "Pulumi.prod.yaml").write_text(real + PROD, encoding="utf-8")
    shadow.refresh()
    assert shadow.config_file("prod").read_text(encoding="utf-8") == PROD
    assert split_encryption_settings(PROD + real) == (PROD, real)


def test_malformed_yaml_is_left_to_the_cli(shadow: ShadowProject) -> None:
    """The CLI's message has the line number."""
    shadow.refresh()
    (shadow.repository / "Pulumi.prod.yaml").write_text("config: [\n", encoding="utf-8")
    shadow.refresh()
    (shadow.repository / "Pulumi.prod.yaml").write_text(PROD, encoding="utf-8")
    shadow.refresh()
    assert shadow.config_file("prod").read_text(encoding="utf-8") == PROD


def test_a_slip_in_the_stacks_file_is_named_before_the_cli_runs(shadow: ShadowProject) -> None:
    """The CLI names neither the file nor what usually helps. What does not read the file goes on."""
    (shadow.repository / "Pulumi.prod.yaml").write_text(f"{PROD}\tmagento:size: 3\n", encoding="utf-8")
    refused = run_wrapper(shadow, shadow.repository, "preview", "-s", "prod")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.startswith("Pulumi.prod.yaml, line 5: ")
    for other in (("preview", "-s", "preprod"), ("cancel", "-s", "prod"), ("stack", "output", "-s", "prod")):
        assert run_wrapper(shadow, shadow.repository, *other).returncode == 0


def test_a_stack_file_of_other_bytes_does_not_stop_other_stacks(shadow: ShadowProject) -> None:
    """An editor has saved it as Latin-1. Its copy has the same bytes."""
    (shadow.repository / "Pulumi.old.yaml").write_bytes(b"config:\n  magento:name: b\xe2timent\n")
    assert shadow.refresh() == []
    assert b"b\xe2timent" in shadow.config_file("old").read_bytes()
    assert run_wrapper(shadow, shadow.repository, "preview", "-s", "prod").returncode == 0
    refused = run_wrapper(shadow, shadow.repository, "preview", "-s", "old")
    assert refused.stderr == "Pulumi.old.yaml, line 2: got a byte 0xe2, expected UTF-8. Save it as UTF-8.\n"


@pytest.mark.parametrize(
    ("arguments", "stack"),
    [
        ("up -s prod", "prod"),
        ("up -sprod --yes", "prod"),
        ("up -s=prod", "prod"),
        ("up -ys prod", "prod"),
        ("up --stack prod", "prod"),
        ("up --stack=prod", "prod"),
        ("up --skip-preview", None),
        ("up -s", None),
    ],
)
def test_how_a_stack_is_named(arguments: str, stack: str | None) -> None:
    """In each way that the CLI's own flags allow."""
    assert named_stack(arguments.split()) == stack


@pytest.mark.parametrize("command", ["up", "preview --policy-pack policies", "refresh", "destroy", "config set a b"])
def test_commands_with_a_config_file(shadow: ShadowProject, command: str) -> None:
    """They run where the user is, so that relative paths hold, on the copy of the stack that is meant."""
    file = str(shadow.config_file("prod"))
    assert chosen(shadow, f"{command} -s prod") == {"PULUMI_OPTION_CONFIG_FILE": file}
    assert chosen(shadow, f"{command} --stack organization/magento/prod") == {"PULUMI_OPTION_CONFIG_FILE": file}
    assert chosen(shadow, command, PULUMI_STACK="prod") == {"PULUMI_OPTION_CONFIG_FILE": file}


@pytest.mark.parametrize("command", ["stack init", "stack -s prod history", "stack hist", "state mv", "config cp"])
def test_commands_without_a_config_file(shadow: ShadowProject, command: str) -> None:
    """They run in the folder of copies, where the stack that is selected in the repository is not."""
    assert chosen(shadow, command, PULUMI_STACK="prod") == {
        "PULUMI_OPTION_CWD": str(shadow.directory),
        "PULUMI_STACK": "prod",
    }


def test_the_selected_stack(shadow: ShadowProject, tmp_path: Path) -> None:
    """What `pulumi stack select` chose for this backend is the stack of a command that names none."""
    digest = hashlib.sha1(str(shadow.repository / "Pulumi.yaml").encode()).hexdigest()
    (tmp_path / "workspaces").mkdir()
    (tmp_path / "workspaces" / f"magento-{digest}-workspace.json").write_text(
        json.dumps({"stacks": {"file:///here": "organization/magento/prod"}}), encoding="utf-8"
    )
    home = str(tmp_path)
    assert chosen(shadow, "up", PULUMI_HOME=home, PULUMI_BACKEND_URL="file:///here") == {
        "PULUMI_OPTION_CONFIG_FILE": str(shadow.config_file("prod"))
    }
    # Offered a choice of stacks, a user would get one with its tracked file.
    assert chosen(shadow, "up", PULUMI_HOME=home, PULUMI_BACKEND_URL="file:///elsewhere") == {
        "PULUMI_OPTION_NON_INTERACTIVE": "true"
    }


@pytest.mark.parametrize("command", ["destroy -s prod --remove", "down --remove=true", "stack select --create dev"])
def test_commands_that_cannot_be_kept_off(shadow: ShadowProject, command: str) -> None:
    """They would change the tracked file in any case, so they are refused."""
    with pytest.raises(ToolchainError):
        chosen(shadow, command)


def run_wrapper(
    shadow: ShadowProject, directory: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run it for a `pulumi` that prints its arguments and options."""
    cli = shadow.repository.parent / "pulumi"
    cli.write_text('#!/bin/sh\necho "$@"\nenv | grep ^PULUMI_OPTION_ | sort\n', encoding="utf-8")
    cli.chmod(0o755)
    wrapper = install_wrapper(pulumi=cli, repository=shadow.repository, sandbox=shadow.directory.parent)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")} | variables
    return subprocess.run(
        [wrapper, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_the_installed_wrapper(shadow: ShadowProject) -> None:
    """It works in a directory with a space in its name, from below the repository, and passes arguments untouched."""
    below = shadow.repository / "policies"
    below.mkdir()
    assert run_wrapper(shadow, below, "up", "-s", "prod", "-m", "two  words").stdout.splitlines() == [
        "up -s prod -m two  words",
        f"PULUMI_OPTION_CONFIG_FILE={shadow.config_file('prod')}",
        "PULUMI_OPTION_PRESERVE_CONFIG=true",
    ]


def test_copies_that_cannot_be_written_are_one_line(shadow: ShadowProject) -> None:
    """The disk is full, or the sandbox is root's. Here another file is in the way."""
    run_wrapper(shadow, shadow.repository)
    made_from = shadow.directory / "made-from"
    shutil.rmtree(made_from)
    made_from.write_text("")
    ran = run_installed(shadow, "preview", "-s", "prod")
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"{made_from}: File exists\n")


def run_installed(shadow: ShadowProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the wrapper as it is there, without installing it anew."""
    wrapper = shadow.directory.parent / "bin" / "pulumi"
    return subprocess.run([wrapper, *arguments], cwd=shadow.repository, capture_output=True, text=True, check=False)


def test_an_aws_that_ended_is_named_with_the_command_that_starts_it(shadow: ShadowProject) -> None:
    """The CLI said `read ".pulumi/meta.yaml": blob (code=Unknown): operation error S3: …`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert run_wrapper(shadow, shadow.repository, "preview", AWS_ENDPOINT_URL=endpoint).returncode == 0
    ran = run_wrapper(shadow, shadow.repository, "preview", AWS_ENDPOINT_URL=endpoint)
    said = f"{endpoint}: got no answer, expected the sandbox's AWS. Start it with `./shop sandbox up`.\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", said)
    assert run_wrapper(shadow, shadow.repository, "version", AWS_ENDPOINT_URL=endpoint).returncode == 0


def test_the_wrapper_in_another_project(shadow: ShadowProject, tmp_path: Path) -> None:
    """There it is the plain CLI."""
    assert run_wrapper(shadow, tmp_path, "up", "-s", "prod").stdout == "up -s prod\n"
    assert run_wrapper(shadow, shadow.repository, "-C", "..", "up").stdout == "-C .. up\n"


def test_the_wrapper_of_a_cli_that_is_gone(shadow: ShadowProject) -> None:
    """The user's cache may be emptied at any time."""
    run_wrapper(shadow, shadow.repository)
    (shadow.repository.parent / "pulumi").unlink()
    wrapper = shadow.directory.parent / "bin" / "pulumi"
    gone = subprocess.run([wrapper, "up"], cwd=shadow.repository, capture_output=True, text=True, check=False)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "is gone. `make sandbox` gets it again." in gone.stderr
