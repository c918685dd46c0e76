"""What is remembered of a run until it ends by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sandbox.commands import unfinished_run
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord
from sandbox.commands.unfinished_run import UnfinishedRun

_CODE = (
    "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(7)); print('up', flush=True); signal.pause()"
)


def test_a_run_is_found_until_it_ends(tmp_path: Path) -> None:
    """Whether there were checkpoints decides between recovering and starting afresh, so it is remembered too."""
    layout = Layout(project=tmp_path)
    engine = ProcessRecord(pid=2**22 + 1, started=1, known_by="policies")
    run = UnfinishedRun(stack="prod", checkpoints=True, engine=engine)
    unfinished_run.begin(layout, run)
    assert unfinished_run.find(layout) == run
    assert not run.stop_engine()
    unfinished_run.end(layout)
    assert unfinished_run.find(layout) is None


def test_an_engine_that_outlived_its_command_may_finish_what_it_does() -> None:
    """It is asked as with Ctrl-C, so that it ends its plugins too."""
    with subprocess.Popen([sys.executable, "-c", _CODE, "mark"], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == "up\n"
        record = ProcessRecord.of(engine.pid, known_by="mark")
        assert UnfinishedRun(stack="prod", checkpoints=False, engine=record).stop_engine()
        assert record.find() is None
