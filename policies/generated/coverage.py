"""The page of all rules and of the controls that they serve: ``docs/policies.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policies.engine.catalogue import AREAS, RULES
from policies.model.rule import Environment, Rule

DIRECTORY = Path(__file__).parent
GAPS = DIRECTORY / "unserved_controls.yaml"

_STANDARDS = {
    "pci": "PCI DSS 4.0",
    "cis": "CIS Amazon Web Services Foundations Benchmark v7.0",
    "fsbp": "AWS Foundational Security Best Practices",
}
_LEVELS = {"mandatory": "**mandatory**", "advisory": "*advisory*", "disabled": "–", "remediate": "**remediated**"}


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A control that no rule serves, and the reason."""

    control: str
    why: str
    """``out of the stack``, ``not used`` or ``accepted``."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A control that a rule serves, though the standard's own check of it fails."""

    control: str
    reason: str
    """What the rule asks, and why it asks no more."""


@dataclass(frozen=True, kw_only=True)
class Standard:
    """The controls of one standard that rules serve, in their order."""

    name: str
    served: tuple[tuple[str, tuple[str, ...]], ...]
    """Each control, with the rules that serve it."""
    gaps: tuple[Gap, ...]
    partly: tuple[Part, ...]
    unconfirmed: frozenset[str]
    """Controls whose ids no copy of the standard that can be read again has."""


def standards() -> Iterator[Standard]:
    """The three standards. Raises TypeError for a gap with unknown keys."""
    gaps: dict[str, Any] = yaml.safe_load(GAPS.read_text())
    for key, name in _STANDARDS.items():
        served: dict[str, list[str]] = {}
        for rule in RULES:
            for control in getattr(rule.sources, key):
                served.setdefault(control, []).append(rule.id)
        in_order = sorted(served, key=_natural)
        yield Standard(
            name=name,
            served=tuple((control, tuple(served[control])) for control in in_order),
            partly=tuple(part for part in (Part(**each) for each in gaps["partly"]) if part.control in served),
            unconfirmed=frozenset(gaps["unconfirmed"][key]) & served.keys(),
            gaps=tuple(gap for gap in (Gap(**each) for each in gaps[key]) if gap.control not in served),
        )


def page() -> str:
    """The page's text."""
    # Only here: the pack must start without it.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(DIRECTORY),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"cell": _cell, "level": _level}
    template = environment.get_template("coverage.md.jinja")
    written = template.render(rules=RULES, areas=AREAS, standards=list(standards()))
    return re.sub(r"\n{3,}", "\n\n", written).strip() + "\n"


def _natural(control: str) -> list[Any]:
    """``EC2.9`` before ``EC2.18``."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", control)]


def _cell(text: str) -> str:
    return re.sub(r"([|<*])", r"\\\1", " ".join(text.split()))


def _level(rule: Rule, environment: str) -> str:
    return _LEVELS[rule.level_in(Environment(environment)).value]
