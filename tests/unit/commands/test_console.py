"""What commands print: broken between words on a terminal, plain and unbroken when piped."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console as RichConsole
from rich.text import Text

from commands.console import Console

_PATH = "/a/path/that/is/much/longer/than/the/terminal/is/wide/and/must/stay/whole.txt"


def printed(text: str, *, method: str = "step", terminal: bool, width: int = 40) -> list[str]:
    written = io.StringIO()
    rich = RichConsole(file=written, force_terminal=terminal, no_color=True, width=width, highlight=False)
    getattr(Console(rich=rich), method)(text)
    return written.getvalue().splitlines()


def test_a_long_step_is_broken_under_its_text() -> None:
    assert printed("one two three four five six seven eight nine", terminal=True) == [
        "• one two three four five six seven",
        "  eight nine",
    ]


def test_nothing_is_broken_when_piped() -> None:
    """A log is searched by line."""
    assert printed("word " * 30, method="warn", terminal=False) == ["! " + "word " * 30]


@pytest.mark.parametrize("method", ["step", "say", "raw"])
def test_a_path_stays_whole(method: str) -> None:
    """It is there to be copied."""
    assert any(line.strip(" •") == _PATH for line in printed(_PATH, method=method, terminal=True, width=40))


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (False, False)])
def test_what_happens_in_a_step_is_shown_to_who_looks(terminal: bool, shown: bool) -> None:
    """In one line with the time, which goes when the step is over. A log gets none of it."""
    written = io.StringIO()
    rich = RichConsole(file=written, force_terminal=terminal, no_color=True, width=60, highlight=False)
    console = Console(rich=rich)
    with console.timing("deploy-front"):
        console.happens("client-prod-front: [Batch 1] " + "one of many words " * 9 + "\nanother line")
        console.step("said")
        time.sleep(0.2)
    console.happens("nobody looks")
    text = written.getvalue()
    assert "• said" in text
    assert ("deploy-front: client-prod-front: [Batch 1] one" in text) is shown
    assert ("0:00:00" in text) is shown
    assert "another line" not in text
    assert "nobody looks" not in text


@pytest.mark.parametrize("method", ["step", "warn", "say", "raw"])
def test_text_is_no_markup(method: str) -> None:
    """Errors of other programs hold brackets and several lines."""
    lines = printed("ValueError: the [bold] message\n  at line 3", method=method, terminal=True)
    assert [line.strip(" •!") for line in lines] == ["ValueError: the [bold] message", "at line 3"]


def test_a_pipe_that_nobody_reads_any_more_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`./shop sandbox up | head -3` left a run that the next one took for killed, and started afresh. A release would
    have stopped half-way."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody_reads:
        monkeypatch.setattr(sys, "stdout", nobody_reads)
        console = Console()
        for method in ("step", "raw", "say"):
            getattr(console, method)("said")
        monkeypatch.undo()


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was started with nohup or setsid goes on. A disk that is full is said."""

    def gone(_self: RichConsole, _text: Text, **_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(RichConsole, "print", gone)
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        number = errno.EIO
        Console().step("said")
        number = errno.ENOSPC
        with pytest.raises(OSError, match="No space left"):
            Console().step("said")
        monkeypatch.undo()
