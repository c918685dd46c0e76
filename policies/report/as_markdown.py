"""The report for a pull request: the verdict, the plan, what is refused first."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2

from policies.engine.exceptions import today
from policies.report.report import Finding, Report, Verdict

LIMIT = 65_536
"""Characters that GitHub takes in a comment."""

_SOON_DAYS = 30
"""How long before an exception ends its owner is warned."""

_ENTRIES = 200
"""Of a list, at first; halved until the whole fits. Counts are always of all."""

_HEADLINES = {
    Verdict.PASSED: "passed",
    Verdict.REFUSED: "**refused**",
    Verdict.UNDECIDED: "**not decided**",
}


def text_of(report: Report) -> str:
    """At most ``LIMIT`` characters."""
    most = _ENTRIES
    while len(text := _rendered(report, most)) > LIMIT and most:
        most //= 2
    return text


def _rendered(report: Report, most: int) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # Not HTML: what others wrote goes through `text`.
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"text": _text, "days_left": _days_left}
    environment.tests["ending"] = lambda each: each.exception is not None and _days_left(each) < _SOON_DAYS
    plan = report.plan
    written = environment.get_template("report.md.jinja").render(
        report=report,
        headline=_HEADLINES[report.verdict],
        plan=plan,
        taken=tuple(plan.of("replace", "delete")) if plan else (),
        most=most,
    )
    return re.sub(r"\n{3,}", "\n\n", written).strip() + "\n"


def _text(message: str) -> str:
    """Words that say themselves: no markup, and nobody is called by an @."""
    escaped = re.sub(r"([\\`*_\[\]|#<>&])", r"\\\1", " ".join(message.split()))
    return escaped.replace("@", "@\u200b")


def _days_left(finding: Finding) -> int:
    assert finding.exception is not None
    return (finding.exception.expires - today()).days
