"""The rules by area: one module of ``policies.rules`` each, in the catalogue's order."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from policies.engine import catalogue
from policies.model.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Area:
    """Rules about one part of a platform."""

    name: str
    """Such as ``security groups``."""
    about: str
    """One sentence: what the rules of the area hold together."""
    rules: tuple[Rule, ...]


def areas() -> tuple[Area, ...]:
    """Every area that has rules."""
    modules = [each for each in vars(catalogue).values() if isinstance(each, ModuleType)]
    found = [
        Area(
            name=module.__name__.rpartition(".")[2].replace("_", " "),
            about=" ".join((module.__doc__ or "").partition("\n\n")[0].split()),
            rules=tuple(module.RULES),
        )
        for module in modules
        if module.__name__.startswith("policies.rules.") and module.RULES
    ]
    position = {rule.id: number for number, rule in enumerate(catalogue.RULES)}
    return tuple(sorted(found, key=lambda area: position[area.rules[0].id]))


def area_names() -> dict[str, str]:
    """The area of each rule, by its id."""
    return {rule.id: area.name for area in areas() for rule in area.rules}
