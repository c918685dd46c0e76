"""Finding places by the names that people use for them."""

from __future__ import annotations

from collections.abc import Iterable

from commands.errors import CannotRunError
from reachability.places import Place


class NoSuchPlaceError(CannotRunError):
    """No place has that name. The message lists the names."""


def select(option: str, wanted: str, places: Iterable[Place], otherwise: Iterable[Place] = ()) -> list[Place]:
    """The place with that name or id, or else those with that ``System`` tag, or else those with it in their names.

    Looks through ``otherwise``, by the same rules, only if ``places`` has none. Raises `NoSuchPlaceError`, which names
    the ``option`` that was given.
    """
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
    raise NoSuchPlaceError(f"{option}: got {wanted!r}, expected (a part of) one of: {names}")
