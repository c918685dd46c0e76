"""Earlier figures are kept, drawn, and compared with."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from bench import history, page
from bench.figure import Figure, Unit
from bench.history import Run


def _run(seconds: float, *, machine: str = "2 cores") -> Run:
    figure = Figure(name="a <preview>", measured=seconds, aim=5, unit=Unit.SECONDS, basis="")
    return Run.of([figure], date="2026-11-26", machine=machine)


def test_a_run_is_read_as_it_was_added(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    assert history.read(file) == []
    for seconds in (1.0, 2.0):
        history.add(_run(seconds), file)
    assert history.read(file) == [_run(1.0), _run(2.0)]


@pytest.mark.parametrize(
    ("earlier", "seconds", "warns"),
    [
        pytest.param([4.0, 4.0, 4.0], 4.5, True, id="above the least noise"),
        pytest.param([4.0, 4.0, 4.0], 4.3, False, id="within the least noise"),
        pytest.param([4.0, 5.0, 6.0], 6.9, False, id="runs that differ much have much noise"),
        pytest.param([4.0, 5.0, 6.0], 7.1, True, id="above it"),
        pytest.param([4.0, 4.0], 9.0, False, id="two runs say nothing about noise"),
        pytest.param([4.0, 4.0, 4.0], 1.0, False, id="better"),
    ],
)
def test_a_figure_that_became_worse_is_named(earlier: list[float], seconds: float, warns: bool) -> None:
    found = history.worse(_run(seconds), [_run(each) for each in earlier])
    assert len(found) == warns
    assert all(each.startswith(f"a <preview>: got {seconds:.2f} s, expected at most") for each in found)


def test_runs_on_another_machine_are_not_compared_with() -> None:
    assert not history.worse(_run(9.0), [_run(1.0, machine="64 cores")] * 5)


def test_the_page_has_the_figures_of_the_newest_run() -> None:
    begin, end = "<!-- figures: python -m bench.page -->\n", "<!-- end of figures -->"
    new = page.filled(f"before\n{begin}| old |\n{end}\nafter\n", _run(5.25))
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "| a <preview> | 5.2 s | 5.0 s | missed |" in new
    assert "| old |" not in new
    with pytest.raises(ValueError, match="expected 1"):
        page.filled("nothing", _run(1.0))
    assert page.filled(page.PAGE.read_text(), _run(1.0))


def test_the_picture_has_a_point_for_each_run() -> None:
    """And shows a new figure that earlier runs did not have."""
    root = ElementTree.fromstring(page.drawn([_run(1.0), _run(2.0), _run(10.0)]))
    (curve,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    heights = [float(point.split(",")[1]) for point in curve.attrib["points"].split()]
    assert len(heights) == 3
    assert heights[0] > heights[1] > heights[2]
    (label,) = root.iter("{http://www.w3.org/2000/svg}text")
    assert label.text == "a <preview>: 10.0 s, aim 5.0 s"
