"""Changes one constant of the program at a time, and reports which changes no unit test notices."""

from __future__ import annotations

import queue
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tests.mutants.constants import Mutant, mutants
from tests.mutants.copies import Copy
from tests.unit.program import ROOT

SOURCES = ("__main__.py", "components", "settings")
SHARE_CAUGHT = 0.95

app = typer.Typer(add_completion=False)


def every_mutant() -> list[Mutant]:
    """All of the program's, in the order of its files."""
    paths = [path for name in SOURCES for path in ([ROOT / name] if name.endswith(".py") else _below(ROOT / name))]
    return [mutant for path in paths for mutant in mutants(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))]


def _below(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*.py"))


def _changed_lines(base: str) -> set[tuple[str, int]]:
    """The lines that are not as in a commit, by file and number."""
    diff = subprocess.run(
        ["git", "diff", "--unified=0", "--no-color", base, "--", *SOURCES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(_lines_added(diff))


def _lines_added(diff: str) -> Iterator[tuple[str, int]]:
    path = ""
    for line in diff.splitlines():
        if line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            yield from ((path, number) for number in range(first, first + count))


def _survivors(drawn: list[Mutant], jobs: int) -> list[Mutant]:
    """Those that no test catches; each is printed as it ends."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in drawn:
        waiting.put(mutant)
    survivors: list[Mutant] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with Copy() as copy:
                while not errors:
                    mutant = waiting.get_nowait()
                    started = time.monotonic()
                    failed = copy.first_failure(mutant)
                    took = f"{time.monotonic() - started:.0f} s"
                    print(f"{mutant}\n    {f'caught by {failed}' if failed else 'SURVIVED'} ({took})", flush=True)
                    if not failed:
                        survivors.append(mutant)
        except queue.Empty:
            pass
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return survivors


@app.command()
def main(
    sample: Annotated[int | None, typer.Option(help="How many mutants to draw. All, if left out.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same mutants of the same source.")] = 1,
    changed: Annotated[str | None, typer.Option(help="Only in lines that differ from this commit.")] = None,
    only: Annotated[str, typer.Option(help="Only in files whose path matches this regular expression.")] = "",
    jobs: Annotated[int, typer.Option(help="How many to run at a time.", min=1, max=2)] = 2,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Take it that tests/unit passes as it is.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the mutants, and run nothing.")] = False,
) -> None:
    """Change one constant of the program at a time, and run tests/unit on each until a test fails."""
    drawn = [mutant for mutant in every_mutant() if re.search(only, mutant.path)]
    if changed:
        lines = _changed_lines(changed)
        drawn = [
            each
            for each in drawn
            if any((each.path, line) in lines for line in range(each.first_line, each.last_line + 1))
        ]
    if sample is not None and sample < len(drawn):
        drawn = random.Random(seed).sample(drawn, sample)
    if listed:
        print(*drawn, sep="\n")
        return
    if not drawn:
        print("no constant to change")
        return
    if not unchecked:
        with Copy() as copy:
            if failed := copy.first_failure():
                sys.exit(f"{failed} fails before anything is changed: fix it first")
    survivors = _survivors(drawn, jobs)
    caught = len(drawn) - len(survivors)
    print(f"\ncaught {caught} of {len(drawn)} ({caught / len(drawn):.0%})")
    for mutant in survivors:
        print(f"survived: {mutant}")
    sys.exit(caught < SHARE_CAUGHT * len(drawn))


app()
