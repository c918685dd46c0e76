"""One table of all that was rehearsed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.rehearsal.answers import Class, Verdict
from tests.rehearsal.figures import unharmed
from tests.rehearsal.scenarios import Row

OPEN = frozenset(("plain", "additive"))
"""The names of the rows in which nobody may notice anything. They are counted together."""
_MOST_FAULTS = 12
_VERDICTS = {
    (False, True): "right",
    (False, False): "WRONG",
    (True, True): "noticed",
    (True, False): "NOT NOTICED",
}
"""Of a row, by whether it is a control and whether it came out as it must."""


def say(console: Console, row: Row) -> None:
    """One line for a scenario that is over, and what was wrong with it."""
    verdict = _VERDICTS[row.is_control, row.is_right]
    console.print(f"{row.name}: {verdict} ({', '.join(row.notes)})", markup=False, soft_wrap=True)
    for fault in row.wrong[:_MOST_FAULTS]:
        console.print(f"    {fault}", markup=False, highlight=False, soft_wrap=True)


def show(console: Console, rows: Sequence[Row]) -> None:
    """All of them: what shoppers were answered, what was held for how long, and what must not be."""
    table = Table("scenario", *Class, "failed", "held", "mixed", "lost", "longest gap of the back office", box=None)
    for name in ("window, expected", "orders lost, double", "jobs of old code", "verdict"):
        table.add_column(name)
    for row in rows:
        answers = row.answers
        verdicts = (Verdict.FAILED, Verdict.HELD, Verdict.MIXED, Verdict.LOST)
        window = "" if row.window is None else f"{row.window:.0f} s, {row.expected or 0:.0f} s"
        table.add_row(
            row.name,
            *(str(answers.by_class[each]) for each in Class),
            *(str(answers.count(each)) for each in verdicts),
            f"{answers.gap(Class.BACK_OFFICE):.1f} s",
            window,
            f"{row.lost_orders}, {row.double_orders}",
            str(row.jobs_of_old_code),
            _VERDICTS[row.is_control, row.is_right],
        )
    console.print(table)
    if {each.name for each in rows} >= OPEN:
        said, is_right = unharmed_in(rows)
        console.print(f"{said}: {_VERDICTS[False, is_right]}", markup=False, highlight=False, soft_wrap=True)


def unharmed_in(rows: Sequence[Row]) -> tuple[str, bool]:
    """What the plain and the additive releases among them were to shoppers, and whether it is as promised."""
    return unharmed(row.answers for row in rows if row.name in OPEN)
