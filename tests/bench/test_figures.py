"""A figure says the right thing about what was measured."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bench import table
from bench.figure import Figure, MeasurementError, NotMeasured, Unit, ratio
from bench.growth import growth
from bench.sandbox import copied_project
from bench.timing import cpu_time, minima
from sandbox.tests.platform import Platform


def _figure(measured: float, *, aim: float = 2.0, unit: Unit = Unit.RATIO) -> Figure:
    return Figure(name="a preview", measured=measured, aim=aim, unit=unit, basis="one against [another]")


def test_an_aim_is_met_up_to_itself_and_missed_beyond() -> None:
    """Smaller is better for every figure there is."""
    assert _figure(1.2).met
    assert _figure(2.0).met
    assert not _figure(2.01).met


def test_a_ratio_needs_something_to_compare_with() -> None:
    """A reference that took no time is a measurement gone wrong, not an infinite ratio."""
    assert ratio(3.0, 1.5) == 2.0
    with pytest.raises(MeasurementError, match="nothing to compare with"):
        ratio(3.0, 0.0)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param((2.0, 4.0, 6.0), 1.0, id="start-up counts in neither half"),
        pytest.param((2.0, 4.0, 8.0), 2.0, id="the upper half takes twice as long"),
        pytest.param((0.01, 1.0, 4.0), 3.03, id="quadratic"),
    ],
)
def test_growth_compares_the_upper_half_with_the_lower(times: tuple[float, float, float], expected: float) -> None:
    """One is a preview in proportion to its resources, however long the engine takes to start."""
    assert growth((10, 100, 190), times) == pytest.approx(expected, abs=0.01)


def test_growth_refuses_times_that_noise_has_turned_round() -> None:
    """More resources in less time: the machine was busy with something else."""
    with pytest.raises(MeasurementError):
        growth((10, 205, 400), (5.0, 4.0, 6.0))


def test_actions_take_turns() -> None:
    """Each round runs every action once, so that a busy minute disturbs all of them alike."""
    order: list[str] = []
    took = minima({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, runs=2)
    assert order == ["a", "b", "a", "b"]
    assert took.keys() == {"a", "b"}


def test_the_shortest_run_counts() -> None:
    """Other work on the machine only ever adds to a time."""
    clock = iter([0.0, 5.0, 10.0, 12.0, 20.0, 23.0])  # Begin and end of runs of 5, 2 and 3 seconds.
    assert minima({"a": lambda: None}, runs=3, clock=lambda: next(clock)) == {"a": 2.0}


def test_programs_that_wait_take_no_cpu() -> None:
    """And what a program has started, as an engine its plugins, counts with it."""
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    took = minima(
        {
            "waits": lambda: subprocess.run(["sleep", "0.3"], check=True),
            "works": lambda: subprocess.run(["sh", "-c", '"$0" -c "$1"; true', sys.executable, busy], check=True),
        },
        runs=1,
        clock=cpu_time,
    )
    assert took["waits"] < 0.2 < 0.3 <= took["works"]


def test_the_table_shows_each_figure_with_its_aim_and_verdict() -> None:
    """What a person reads, the basis in full; square brackets in it are no markup."""
    shown = io.StringIO()
    console = Console(width=100, file=shown)
    missing = NotMeasured(name="a comparison", why="[it] is not installed")
    figures = [_figure(1.234), _figure(17.04, aim=10, unit=Unit.SECONDS), _figure(0.5, unit=Unit.GIB)]
    table.show(console, [*figures, missing])
    expected = ("1.23x", "2.00x", "met", "17.0 s", "10.0 s", "missed", "0.50 GiB", "one against [another]")
    for text in (*expected, "not measured", "a comparison: [it] is not installed"):
        assert text in shown.getvalue()


def test_a_terminal_of_80_columns_has_room_for_every_amount() -> None:
    """A long name takes two lines, and cuts no number."""
    shown = io.StringIO()
    named = Figure(
        name="preview of prod with policies, against terraform plan and checkov",
        measured=10.25,
        aim=0.4,
        unit=Unit.RATIO,
        basis="",
    )
    table.show(Console(width=80, file=shown), [named])
    assert "10.25x" in shown.getvalue()
    assert "missed" in shown.getvalue()
    assert "…" not in shown.getvalue()


def test_the_file_holds_the_same_figures(tmp_path: Path) -> None:
    """What a later run is compared with."""
    file = tmp_path / "figures.json"
    table.write(file, [_figure(2.5)])
    (written,) = json.loads(file.read_text())["figures"]
    assert written == {
        "name": "a preview",
        "measured": 2.5,
        "aim": 2.0,
        "unit": "x",
        "met": False,
        "basis": "one against [another]",
    }


def test_what_is_measured_keeps_its_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that switches it off would have every preview compile the program again, and count that."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(Platform, "copy_to", Platform)
    monkeypatch.setattr(Platform, "sandbox", lambda *_arguments, **_options: None)
    with copied_project() as platform:
        assert platform.project.is_dir()
        assert "PYTHONDONTWRITEBYTECODE" not in os.environ
