"""The `aws` of the sandbox: the real AWS CLI, which needs nothing of the machine but Python."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from sandbox.commands import aws_cli
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.layout import Layout
from sandbox.tests.emulator.aws_process import ACCOUNT, EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


def test_aws_asks_the_embedded_aws_in_a_shell_that_sourced_the_file(aws: EmbeddedAws, tmp_path: Path) -> None:
    """In a directory with a blank and a quotation mark in its name, on a PATH without any other program."""
    layout = Layout(project=tmp_path / "a shop's site")
    aws_cli.install(layout)
    SandboxEnvironment(layout=layout, port=aws.port).write()
    asked = subprocess.run(
        ["/bin/sh", "-c", '. "$1" && aws sts get-caller-identity', "sh", layout.environment],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "AWS_PROFILE": "production"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(asked.stdout)["Account"] == ACCOUNT
