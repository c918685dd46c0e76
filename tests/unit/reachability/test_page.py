"""docs/reachability.md: its commands, exit codes and JSON members are those of `./shop reach`."""

from __future__ import annotations

import re
import shlex

import typer

from commands.errors import ExitCode
from reachability.app import app
from reachability.document import document
from reachability.places import places
from tests.unit.program import ROOT
from tests.unit.reachability.test_output import KNOWN

PAGE = (ROOT / "docs" / "reachability.md").read_text()


def test_every_option_is_one() -> None:
    known = {name for parameter in typer.main.get_command(app).params for name in parameter.opts} | {"--help"}
    lines = re.findall(r"^    (\./shop reach.*)$", PAGE, re.MULTILINE)
    used = {word for line in lines for word in shlex.split(line, comments=True) if word.startswith("--")}
    assert len(lines) > 3
    assert used | set(re.findall(r"`(--\w+)`", PAGE)) <= known


def test_the_exit_codes_are_those_of_all_commands_but_that_of_releases() -> None:
    codes = [code for code in ExitCode if code not in (ExitCode.HALF_WAY, ExitCode.LOCKED)]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == codes


def test_every_member_of_the_json_is_named() -> None:
    assert all(f"`{name}`" in PAGE for name in document(KNOWN, places(KNOWN), []))
