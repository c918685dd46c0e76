"""The embedded AWS as a process that outlives the command which started it."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from commands.errors import CommandError
from sandbox.commands import embedded_aws
from sandbox.commands.embedded_aws import EmbeddedAws
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord, write_json


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    layout = Layout(project=tmp_path / "a shop")
    yield layout
    embedded_aws.stop(layout)


def _kill(server: EmbeddedAws) -> None:
    process = psutil.Process(server.process.pid)
    process.kill()
    process.wait(10)


def test_a_second_start_finds_the_first_server(layout: Layout) -> None:
    """A second `make sandbox` keeps what the first has made."""
    first = embedded_aws.ensure_running(layout)
    second = embedded_aws.ensure_running(layout)
    assert first.fresh
    assert not second.fresh
    assert second.server == first.server
    assert second.server.answers()


@pytest.mark.long
def test_a_server_that_died_is_replaced_on_its_port_with_a_note(layout: Layout) -> None:
    """Shells that sourced `.sandbox/env` keep working."""
    dead = embedded_aws.ensure_running(layout).server
    _kill(dead)
    again = embedded_aws.ensure_running(layout)
    assert again.fresh
    assert again.server.port == dead.port
    assert len(again.notes) == 1
    assert f"process {dead.process.pid}" in again.notes[0]


@pytest.mark.long
def test_a_start_that_was_interrupted_keeps_the_port(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a Ctrl-C meanwhile, the next server got another port, and sourced shells asked the old one."""
    dead = embedded_aws.ensure_running(layout).server
    _kill(dead)

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(embedded_aws, "_wait_for_port", interrupted)
        with pytest.raises(KeyboardInterrupt):
            embedded_aws.ensure_running(layout)
    assert embedded_aws.ensure_running(layout).server.port == dead.port


@pytest.mark.long
def test_another_port_is_used_when_a_program_took_the_old_one(layout: Layout) -> None:
    """The program that has the port now is left running."""
    dead = embedded_aws.ensure_running(layout).server
    _kill(dead)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", dead.port))
        taker.listen()
        again = embedded_aws.ensure_running(layout)
    assert again.server.answers()
    assert again.server.port != dead.port
    assert f"port {dead.port} " in again.notes[-1]
    assert str(again.server.port) in again.notes[-1]


@pytest.mark.long
def test_starting_anew_leaves_nothing_of_the_old_server(layout: Layout) -> None:
    """After a killed run, state and resources both begin at nothing."""
    old = embedded_aws.ensure_running(layout).server
    new = embedded_aws.ensure_running(layout, anew=True)
    assert new.fresh
    assert old.process.find() is None
    assert new.server.process.pid != old.process.pid


@pytest.mark.long
def test_a_server_whose_directory_was_moved_is_replaced_with_a_note(layout: Layout) -> None:
    """It cannot load the rest of its code, and the commands in `.sandbox` name the old path."""
    old = embedded_aws.ensure_running(layout).server
    moved = Layout(project=layout.project.rename(layout.project.with_name("another shop")))
    try:
        new = embedded_aws.ensure_running(moved)
        assert new.fresh
        assert old.process.find() is None
        assert new.notes[0].startswith(f"This directory was moved from {layout.project}.")
        assert not embedded_aws.was_moved(moved, new.server)
    finally:
        embedded_aws.stop(moved)


def test_stopping_ends_the_process_and_says_so_once(layout: Layout) -> None:
    """`make sandbox-down` leaves no process."""
    server = embedded_aws.ensure_running(layout).server
    assert embedded_aws.stop(layout)
    assert not psutil.pid_exists(server.process.pid) or server.process.find() is None
    assert not embedded_aws.stop(layout)


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param({"started": 1}, id="the id was given to a younger process"),
        pytest.param({"known_by": "/another/sandbox/aws.ready"}, id="the process was started for something else"),
    ],
)
def test_a_foreign_process_with_the_recorded_id_is_never_stopped(layout: Layout, mistake: dict[str, object]) -> None:
    """Process ids are reused: after a reboot the record may name anything at all."""
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", str(layout.directory / "aws.ready")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as foreign:
        truth = ProcessRecord.of(foreign.pid, known_by=command[-1])
        assert truth.find() is not None
        record = ProcessRecord.from_json({**truth.to_json(), **mistake})
        write_json(layout.server_record, {**record.to_json(), "port": 1})
        assert not embedded_aws.stop(layout)
        assert foreign.poll() is None


def test_a_server_that_does_not_start_shows_the_end_of_its_log(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason reaches the person, and no record of a server that never was stays behind."""
    monkeypatch.setattr(embedded_aws, "REPOSITORY", layout.project)
    layout.project.mkdir()
    with pytest.raises(CommandError, match="No module named"):
        embedded_aws.ensure_running(layout)
    assert not layout.server_record.exists()


def test_a_record_cut_off_half_way_counts_as_none(layout: Layout) -> None:
    """A full disk or a power cut must not make every later command fail."""
    layout.directory.mkdir(parents=True)
    layout.server_record.write_text('{"pid": 12')
    assert embedded_aws.recorded(layout) is None


def test_a_server_that_runs_but_does_not_answer_is_not_taken_for_a_running_one(layout: Layout) -> None:
    """A hung server is replaced, not waited for."""
    server = embedded_aws.ensure_running(layout).server
    assert server.running()
    assert not dataclasses.replace(server, port=1).running()
