"""The answer for people: a matrix of who reaches whom, and the way of a pair hop by hop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from reachability.document import Answer
from reachability.places import INTERNET, Place
from reachability.traffic import NOTHING, Traffic

_PADDING = 3
"""Columns that a cell takes besides its text: a space, another, a line."""
_EXPLAINED = (
    "A row reaches a column on these ports: TCP's, unless it says otherwise. Places of equal rights share a row or a "
    "column.\nWhat the internet reaches, all others may as well: it is not repeated in their rows."
)


@dataclass(frozen=True)
class _Matrix:
    """Cells by source and target. Sources with the same cells are one row, targets with the same one column."""

    cells: Mapping[tuple[str, str], Traffic]
    rows: list[list[str]]
    columns: list[list[str]]

    @staticmethod
    def of(names: Sequence[str], cells: Mapping[tuple[str, str], Traffic]) -> _Matrix:
        def alike(by_name: Mapping[str, tuple[Traffic, ...]]) -> list[list[str]]:
            groups: dict[tuple[Traffic, ...], list[str]] = {}
            for name, own in by_name.items():
                groups.setdefault(own, []).append(name)
            return [group for own, group in groups.items() if any(own)]

        def cell(source: str, target: str) -> Traffic:
            return cells.get((source, target), NOTHING)

        return _Matrix(
            cells=cells,
            rows=alike({source: tuple(cell(source, target) for target in names) for source in names}),
            columns=alike({target: tuple(cell(source, target) for source in names) for target in names}),
        )

    def lines(self, row: Sequence[str], column: Sequence[str]) -> list[str]:
        ranges = self.cells.get((row[0], column[0]), NOTHING).ranges
        return [each.removeprefix("tcp ") for each in ranges]


def show_matrix(console: Console, places: Sequence[Place], answers: Iterable[Answer]) -> None:
    """A row for those who reach another, a column for those who are reached, and who is who. Columns that do not fit
    side by side follow below."""
    traffic = {(each.source, each.target): each.traffic for each in answers}
    cells = {
        (source, target): shown
        for (source, target), passed in traffic.items()
        if (shown := passed if source == INTERNET else passed - traffic.get((INTERNET, target), NOTHING))
    }
    if not cells:
        console.print("Nobody reaches anybody.")
        return
    numbers = {place.name: str(number) for number, place in enumerate(places, start=1)}
    matrix = _Matrix.of([place.name for place in places], cells)
    labels = ["\n".join(f"{numbers[name]} {name}" for name in row) for row in matrix.rows]
    room = console.width - max(len(line) for label in labels for line in label.split("\n")) - _PADDING - 1
    for columns in _side_by_side(matrix, numbers, room):
        table = Table("", show_lines=True)
        for column in columns:
            table.add_column("\n".join(numbers[name] for name in column), no_wrap=True)
        for label, row in zip(labels, matrix.rows, strict=True):
            if any(matrix.lines(row, column) for column in columns):
                table.add_row(label, *("\n".join(matrix.lines(row, column)) for column in columns))
        console.print(table)
    for place in places:
        _line(console, f"{numbers[place.name]:>3} {_described(place)}", style="dim")
    console.print(f"\n{_EXPLAINED}", soft_wrap=True)


def show_way(console: Console, answer: Answer, relays: Sequence[Sequence[str]]) -> None:
    """One pair: what gets through, and each thing on the way with what it lets through. ``relays`` are ways through
    other places, told when there is none without."""
    style = "green" if answer.traffic else "red"
    _line(console, f"{answer.source} → {answer.target}: {answer.traffic}", style=f"bold {style}")
    for hop in answer.way.hops:
        _line(console, f"  {'✓' if hop.lets else '✗'} {hop.what}: {hop.why}", style="" if hop.lets else "red")
    for path in relays:
        _line(console, f"  Only if each passes it on: {' → '.join(path)}", style="yellow")


def _line(console: Console, text: str, *, style: str) -> None:
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def _described(place: Place) -> str:
    """What the numbers of the matrix stand for."""
    many = f", {place.members} of them" if place.members > 1 else ""
    about = f", {place.about}" if place.about else ""
    return f"{place.name}: {place.kind.value}{many}{about}" if place.name != INTERNET else place.name


def _side_by_side(matrix: _Matrix, numbers: Mapping[str, str], room: int) -> Iterator[list[list[str]]]:
    """As many columns at a time as fit, at least one."""
    columns: list[list[str]] = []
    taken = 0
    for column in matrix.columns:
        texts = [numbers[name] for name in column] + [line for row in matrix.rows for line in matrix.lines(row, column)]
        width = max(map(len, texts)) + _PADDING
        if columns and taken + width > room:
            yield columns
            columns, taken = [], 0
        columns.append(column)
        taken += width
    yield columns
