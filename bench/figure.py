"""A measured figure and the aim that it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    """What a figure is counted in."""

    RATIO = "x"
    SECONDS = "s"
    GIB = "GiB"


class MeasurementError(Exception):
    """Why a figure could not be measured, fit to print as it is."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table: smaller is better, and equal to the aim is good enough."""

    name: str
    measured: float
    aim: float
    unit: Unit
    basis: str
    """What exactly was measured, with the figures that it is made of."""

    @property
    def met(self) -> bool:
        return self.measured <= self.aim

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "measured": round(self.measured, 3),
            "aim": self.aim,
            "unit": self.unit.value,
            "met": self.met,
            "basis": self.basis,
        }


@dataclass(frozen=True, kw_only=True)
class NotMeasured:
    """A figure that needs a program which is not here."""

    name: str
    why: str


def ratio(measured: float, reference: float) -> float:
    """How many times the reference it is. Raises `MeasurementError` when there is nothing to compare with."""
    if reference <= 0:
        raise MeasurementError(f"nothing to compare with: the reference was measured as {reference:.3f}")
    return measured / reference
