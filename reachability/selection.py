"""Finding places by what people call them."""

from __future__ import annotations

from collections.abc import Iterable

from reachability.places import Place


class NoSuchPlaceError(Exception):
    """Nothing is called that; the message lists what there is."""


def select(wanted: str, places: Iterable[Place], otherwise: Iterable[Place] = ()) -> list[Place]:
    """The place of that name or id; else those of that ``System`` tag; else those with it in their names. Only when
    there are none ``otherwise`` is looked through, by the same rules. Raises `NoSuchPlaceError`."""
    known, others = list(places), list(otherwise)
    for among in (known, others):
        for matches in (
            [each for each in among if wanted in (each.name, each.id)],
            [each for each in among if wanted and wanted == each.system],
            [each for each in among if wanted and wanted in each.name],
        ):
            if matches:
                return matches
    names = ", ".join(each.name for each in known)
    raise NoSuchPlaceError(f"no place is called '{wanted}'; there are: {names}")
