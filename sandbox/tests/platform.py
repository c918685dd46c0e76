"""The whole sandbox as a person has it: a copy of the repository, `python -m sandbox up`, `.sandbox/env` sourced."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

REPOSITORY = Path(__file__).resolve().parents[2]
_LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Platform:
    """One copy of the project and the sandbox in it."""

    project: Path
    clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def copy_to(directory: Path) -> Platform:
        """The repository's files, committed or not, in a directory whose name holds a space, as people have them."""
        project = directory / "my shop"
        listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
        for name in filter(None, listed):
            source = REPOSITORY / name
            if source.is_file():
                target = project / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        # The interpreter of this test run, with everything that the requirements name.
        (project / ".venv").symlink_to(sys.prefix)
        return Platform(project)

    def sandbox(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`python -m sandbox …` in the copy."""
        return _run([".venv/bin/python", "-m", "sandbox", *arguments], self.project, os.environ, check=check)

    def run(self, *command: str) -> str:
        """What a command prints in the copy, with `.sandbox/env` sourced."""
        return _run(command, self.project, {**self.environment, "PYTHONPATH": "."}, check=True).stdout

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What a shell has after `. .sandbox/env`."""
        printed = _run(["bash", "-c", ". .sandbox/env && env -0"], self.project, os.environ, check=True).stdout
        return dict(line.partition("=")[::2] for line in printed.split("\0") if line)

    def pulumi(
        self, *arguments: str, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`pulumi …` from the project's directory, as the sourced shell finds it."""
        variables = {**self.environment, **(environment or {})}
        command = shutil.which("pulumi", path=variables["PATH"])
        assert command is not None, "the sourced environment has no pulumi"
        return _run(
            [command, *arguments, "--non-interactive", "--color", "never"], self.project, variables, check=check
        )

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs, secrets hidden as the CLI hides them."""
        printed = self.pulumi("stack", "output", "--json", "-s", stack).stdout
        outputs: dict[str, Any] = json.loads(printed)
        return outputs

    def client(self, service: str, region: str = "eu-west-3") -> Any:
        """A boto3 client that knows only what the sourced environment says. All tests share it: making one takes longer
        than ten calls."""
        if (service, region) not in self.clients:
            self.clients[service, region] = self.own_client(service, region)
        return self.clients[service, region]

    def own_client(self, service: str, region: str = "eu-west-3") -> Any:
        """A new client, for a test that listens to its events."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    def edit(self, name: str, before: str, after: str) -> None:
        """Change one passage of a file in the copy, as a person would; there must be exactly one."""
        path = self.project / name
        text = path.read_text()
        assert text.count(before) == 1, f"{before!r} is {text.count(before)} times in {name}"
        path.write_text(text.replace(before, after))


def _git(*arguments: str) -> str:
    return _run(["git", *arguments], REPOSITORY, os.environ, check=True).stdout


def _run(
    command: Sequence[str], directory: Path, environment: Mapping[str, str], *, check: bool
) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    if check:
        assert ran.returncode == 0, f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
    return ran
