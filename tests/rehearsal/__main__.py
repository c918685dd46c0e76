"""``make rehearsal``: releases on a live sandbox with shoppers in it, and one table."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from sandbox.tests.platform import Platform
from tests.hosts.conftest import RUNNING
from tests.hosts.live_sandbox import SHORT_WAITS, TIME_SCALE, LiveSandbox
from tests.rehearsal import table
from tests.rehearsal.answers import Answers
from tests.rehearsal.controls import CONTROLS
from tests.rehearsal.kills import KILLS
from tests.rehearsal.operator import Operator
from tests.rehearsal.scenarios import SCENARIOS, Rehearsal, Row, Scenario

EVERYTHING = "all"
"""Every scenario and every control. It takes an hour and a half."""
SHORT = ("plain", "plain-again", "additive", "additive-again", "held", "held-again")
"""What runs unless others are asked for: each kind of release, and again with the times of the first to foretell it."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    known = {**SCENARIOS, **KILLS, **CONTROLS}
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join((EVERYTHING, *known)))
    parser.add_argument("--answers", type=Path, metavar="DIRECTORY", help="keep every answer there, a file a scenario")
    asked = parser.parse_args(arguments)
    names = tuple(known) if asked.scenarios == [EVERYTHING] else asked.scenarios or SHORT
    if unknown := set(names) - known.keys():
        expected = ", ".join((EVERYTHING, *known))
        print(f"SCENARIOS: got {', '.join(sorted(unknown))}, expected {expected}", file=sys.stderr)
        return 2
    if asked.answers:
        asked.answers.mkdir(parents=True, exist_ok=True)
    # Piped, it is as wide as the table.
    console = Console(width=None if sys.stdout.isatty() else 240)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory, _live(Path(directory)) as live:
        live.set_time_scale(TIME_SCALE)
        rehearsal = Rehearsal.on(Operator(live, Path(directory)))
        try:
            for name in names:
                begun = time.monotonic()
                row = _rehearsed(name, known[name], rehearsal)
                row.notes.append(f"{time.monotonic() - begun:.0f} s")
                rows.append(row)
                if asked.answers:
                    row.answers.write(asked.answers / f"{name}.jsonl")
                table.say(console, row)
                if row.wrong:
                    rehearsal = rehearsal.gone_on()
        finally:
            # Also of a run that breaks off: it has taken minutes for each row.
            table.show(console, rows)
    harmed = {row.name for row in rows} >= table.OPEN and not table.unharmed_in(rows)[1]
    return 0 if all(row.is_right for row in rows) and not harmed else 1


def _rehearsed(name: str, scenario: Scenario, rehearsal: Rehearsal) -> Row:
    """A scenario's row, also of one that broke off: the others take minutes each, and do not need it."""
    try:
        row = scenario(rehearsal)
    except (AssertionError, BotoCoreError, ClientError, subprocess.TimeoutExpired) as error:
        row = Row(name=name, answers=Answers(), wrong=[f"it broke off: {error}"], broke_off=True)
    row.is_control = name in CONTROLS
    return row


@contextmanager
def _live(directory: Path) -> Iterator[LiveSandbox]:
    """One that runs already, or a new one that ends afterwards."""
    if running := os.environ.get(RUNNING):
        yield LiveSandbox(Platform(Path(running)))
        return
    built = Platform.copy_to(directory)
    try:
        built.sandbox("live", "--time-scale", str(SHORT_WAITS))
        yield LiveSandbox(built)
    finally:
        built.sandbox("down", check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
