"""How a server applies its configuration: the real program, with a script of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.servers.cloud_init import BootFile
from components.servers.server_configuration import ServerConfiguration

PROGRAM = Path(__file__).resolve().parents[2] / "components/servers/server_files/boot/apply_configuration.py"


class Server:
    """Where the program runs: AWS's answers come from a file, and tags that are set go into another."""

    def __init__(self, base: Path) -> None:
        self._base = base
        parameter = base / "parameter"
        answers = (
            f'case $1 in ssm) cat {parameter} ;; ec2) for last; do :; done; echo "$last" >> {base / "tags"} ;; esac'
        )
        for name, body in (("instance-metadata", "echo $1"), ("systemctl", "true"), ("aws", answers)):
            self._program(name, body)
        self.give(1)
        self.settings = base / "settings.json"
        self.settings.write_text(json.dumps({"parameter": "/servers/x", "apply": str(base / "apply")}))

    def _program(self, name: str, body: str) -> None:
        path = self._base / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def give(self, version: int) -> None:
        files = (BootFile(path="/etc/greeting", content=f"hello {version}\n"),)
        (self._base / "parameter").write_text(f"{version}\t{ServerConfiguration(files=files).value()}\n")

    def script(self, body: str) -> None:
        """What applies the configuration. It notes each of its runs."""
        self._program("apply", f'cat "$1/etc/greeting" >> {self._base / "runs"}\n{body}')

    def apply(self, *options: str) -> int:
        environment = {
            "PATH": f"{self._base}:{os.environ['PATH']}",
            "CONFIGURATION_SETTINGS": str(self.settings),
            "CONFIGURATION_STATE": str(self._base / "state"),
        }
        return subprocess.run([sys.executable, PROGRAM, *options], env=environment, timeout=60, check=False).returncode

    @property
    def runs(self) -> list[str]:
        return (self._base / "runs").read_text().splitlines()

    @property
    def tags(self) -> list[str]:
        """The values that the tag has had."""
        lines = (self._base / "tags").read_text().splitlines()
        return [tag["Value"] for line in lines for tag in json.loads(line)]

    @property
    def result(self) -> str:
        return (self._base / "state/outcome").read_text().split("\t")[0]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_what_is_applied_in_part_is_tried_again_until_it_is_whole(server: Server) -> None:
    """The boot goes on with it, and the tag says what is missing, once."""
    server.script("echo 'not attached: vol-0b'; exit 75")
    assert server.apply() == 0
    assert server.result == "incomplete"
    assert server.apply("--if-new") == 0
    server.script("true")
    assert server.apply("--if-new") == 0
    assert server.runs == ["hello 1"] * 3
    assert server.tags == ["1 incomplete: not attached: vol-0b", "1 applied"]
    assert server.apply("--if-new") == 0
    assert len(server.runs) == 3


def test_what_is_applied_in_part_is_what_a_refused_version_goes_back_to(server: Server) -> None:
    """It is in effect."""
    server.script("echo 'not attached: vol-0b'; exit 75")
    server.apply()
    server.script('if grep --quiet 2 "$1/etc/greeting"; then echo no; exit 1; fi; exit 75')
    server.give(2)
    assert server.apply() == 0
    assert server.runs == ["hello 1", "hello 2", "hello 1"]
    assert server.tags[-1] == "2 refused: no"


def test_a_version_that_is_refused_is_not_tried_again(server: Server) -> None:
    server.script("echo no; exit 1")
    assert server.apply() == 1
    assert server.apply("--if-new") == 0
    assert server.runs == ["hello 1"]


def test_a_disk_that_is_full_refuses_nothing(server: Server, tmp_path: Path) -> None:
    """The version is tried again. Here a file is in the way of what the program writes."""
    server.script("true")
    in_the_way = tmp_path / "state/staged"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    assert server.apply("--if-new") == 1
    assert not (tmp_path / "state/outcome").exists()
    in_the_way.unlink()
    assert server.apply("--if-new") == 0
    assert server.result == "applied"


def test_what_a_script_says_need_not_be_text(server: Server) -> None:
    server.script("printf '\\377'")
    assert server.apply() == 0
    assert server.result == "applied"
    assert server.tags == ["1 applied"]
