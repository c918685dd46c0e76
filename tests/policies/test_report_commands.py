"""The report command as CI calls it, with a ``pulumi`` that says what a test wants: exit codes, files, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands import shell
from commands.shop import app
from policies.engine.catalogue import RULES
from policies.model.rule import Environment
from policies.report import files
from tests.policies.reports import (
    BROKEN,
    DATABASE,
    END,
    EXCEPTED,
    FAILED,
    LEVELS,
    PASSED,
    SECRET,
    error,
    fake_pulumi,
    replacement,
)
from tests.unit.program import ROOT


def command(*arguments: str | Path) -> list[str]:
    """`./shop policies …`"""
    return [sys.executable, "-m", "commands", "policies", *map(str, arguments)]


def environment(directory: Path) -> Mapping[str, str]:
    return {**os.environ, "PATH": f"{directory}{os.pathsep}{os.environ['PATH']}"}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `./shop policies …` in this process, with the ``pulumi`` of the test's directory."""
    # A command takes them over.
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATH", environment(tmp_path)["PATH"])

    def ended(*arguments: str | Path) -> Ended:
        code = shell.run(app, name="shop", arguments=["policies", *map(str, arguments)])
        out, err = capfd.readouterr()
        return Ended(code=code, out=out, err=err)

    yield ended
    for number, handler in handlers.items():
        signal.signal(number, handler)


def preview(run: Run, directory: Path) -> tuple[int, str]:
    """Exit code, and all that was said."""
    ran = run("report", "preview", "--stack", "prod", "--output", directory / "report")
    return ran.code, ran.out + ran.err


def written(directory: Path) -> set[str]:
    report = directory / "report"
    return {each.name for each in report.iterdir()} if report.exists() else set()


REPLACED = [*replacement(DATABASE, "site-database-instance", "engine"), END]


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        pytest.param({"journal": [PASSED, EXCEPTED]}, 0, "1 excepted", id="passed"),
        pytest.param(
            {"journal": [FAILED], "levels": LEVELS | {FAILED.policy: "advisory"}},
            0,
            "warning: rds-private",
            id="advisory",
        ),
        pytest.param({"journal": [PASSED, FAILED], "code": 255}, 1, "refused: rds-private", id="refused"),
        pytest.param({"journal": [PASSED, BROKEN], "code": 255}, 1, "broke", id="a rule broke"),
        pytest.param({"journal": [PASSED], "events": REPLACED}, 1, "stateful-kept", id="data taken away"),
        pytest.param(
            {"journal": [PASSED], "events": REPLACED, "levels": LEVELS | {"stateful-kept": "disabled"}},
            0,
            "1 passed",
            id="data deleted, and the rule disabled",
        ),
        pytest.param(
            {"journal": [PASSED], "events": [*REPLACED, error("marked for protection")], "code": 255},
            1,
            "marked for protection",
            id="the engine refuses to take data away",
        ),
        pytest.param(
            {"journal": [PASSED], "events": [error("no credentials"), END], "code": 255},
            2,
            "no credentials",
            id="the engine failed otherwise",
        ),
        pytest.param(
            {"journal": [PASSED, FAILED], "evaluated": False}, 2, "did not see the whole stack", id="it broke off"
        ),
    ],
)
def test_the_exit_code_is_the_verdict(run: Run, tmp_path: Path, said: dict[str, Any], code: int, words: str) -> None:
    """And each verdict leaves its report, in all forms, with the reason said."""
    fake_pulumi(tmp_path, **said)
    returned, shown = preview(run, tmp_path)
    assert (returned, written(tmp_path)) == (code, set(files.FORMS))
    assert words in shown
    assert SECRET not in shown


def test_a_run_that_asked_the_policies_nothing_leaves_no_report(run: Run, tmp_path: Path) -> None:
    """As with a stack that does not exist: the CLI's own words, and no report that an earlier run has left."""
    fake_pulumi(tmp_path, journal=[PASSED])
    assert preview(run, tmp_path)[0] == 0
    fake_pulumi(tmp_path, evaluated=False, events=[], code=255, complaint="error: no stack named 'prod' found\n")
    returned, shown = preview(run, tmp_path)
    assert (returned, written(tmp_path)) == (2, set())
    assert "no stack named 'prod' found" in shown
    assert "could not be evaluated" in shown
    assert "Traceback" not in shown


def test_a_report_changes_no_other_file(run: Run, tmp_path: Path) -> None:
    """It may be put into a directory that has something else in it."""
    fake_pulumi(tmp_path, journal=[PASSED])
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "notes").touch()
    assert preview(run, tmp_path)[0] == 0
    assert written(tmp_path) == {*files.FORMS, "notes"}


def test_what_follows_the_dashes_goes_to_the_preview(run: Run, tmp_path: Path) -> None:
    """With the pack, a config of one's own, and events instead of a picture."""
    fake_pulumi(tmp_path, journal=[PASSED])
    levels = tmp_path / "levels.json"
    levels.write_text("{}")
    ran = run(
        "report",
        "preview",
        "-s",
        "prod",
        "-o",
        tmp_path / "report",
        "--policy-pack-config",
        levels,
        "--",
        "--refresh",
    )
    assert ran.code == 0, ran.err
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[:3] == ["preview", "--stack", "prod"]
    assert arguments[arguments.index("--policy-pack") + 1] == str(ROOT / "policies")
    assert arguments[arguments.index("--policy-pack-config") + 1] == str(levels)
    assert {"--refresh", "--json", "--non-interactive"} <= set(arguments)
    assert not Path((tmp_path / "journal-was").read_text()).exists()


def test_a_state_is_evaluated_without_a_plan(run: Run, tmp_path: Path) -> None:
    """From a file too, whose stack is the one that its resources are of."""
    fake_pulumi(tmp_path, journal=[PASSED])
    exported = tmp_path / "state.json"
    exported.write_text("{}")
    ran = run("report", "state", "--file", exported, "--output", tmp_path / "report")
    assert ran.code == 0, ran.err
    assert (tmp_path / "arguments").read_text().splitlines()[:4] == ["policy", "analyze", "--file", str(exported)]
    document = json.loads((tmp_path / "report" / "policies.json").read_text())
    assert (document["form"], document["stack"], document["plan"]) == ("state", "prod", None)
    assert "stateful-kept" not in {each["id"] for each in document["outcomes"]}


@pytest.mark.parametrize(
    "arguments",
    [
        ["state"],
        ["state", "--stack", "prod", "--file", "README.md"],
        ["preview"],
        ["preview", "--stack", "prod", "--policy-pack-config", "nothing.json"],
        ["state", "--file", "nothing.json"],
    ],
    ids=" ".join,
)
def test_bad_arguments_are_not_a_violation(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    """Exit code 2, as if the stack could not be evaluated, and not 1, as if a policy refuses."""
    fake_pulumi(tmp_path, journal=[PASSED])
    ran = run("report", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_without_a_cli_it_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = run("report", "preview", "--stack", "prod", "-o", tmp_path / "report")
    assert ran.code == 2
    assert "no pulumi on PATH" in ran.err


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not come"
        time.sleep(0.05)


def test_an_interruption_stops_pulumi_and_leaves_no_report(run: Run, tmp_path: Path) -> None:
    """Ctrl-C reaches the CLI, which may then come to its own end; an earlier report is not taken for this run's."""
    fake_pulumi(tmp_path, journal=[PASSED])
    assert preview(run, tmp_path)[0] == 0
    (tmp_path / "arguments").unlink()
    (tmp_path / "slow").touch()
    with subprocess.Popen(
        command("report", "preview", "--stack", "prod", "-o", tmp_path / "report"),
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        _wait_for(tmp_path / "arguments")
        time.sleep(0.5)  # Until its handler is there.
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert (child.returncode, written(tmp_path)) == (130, set())
    assert "Interrupted" in said
    assert "Traceback" not in said
    assert (tmp_path / "stopped").exists()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_can_be_explained(rule: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Why, fix, sources, and its level in each environment."""
    from policies.report.explanation import of

    printed = "\n".join(of(rule.id))
    for part in (rule.why, rule.fix, str(rule.sources), *(f"in {each.value}" for each in Environment)):
        assert part in printed


def test_an_unknown_rule_gets_near_ones(run: Run) -> None:
    """A misspelt id is answered with what was meant."""
    ran = run("explain", "rds-privat")
    assert ran.code == 2
    assert "rds-private" in ran.err
    assert run("explain", "rds-private").code == 0
