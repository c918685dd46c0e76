"""The report for a pull request: the verdict, the plan, and the results, refused ones first."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2

from policies.model.expiry import today
from policies.report.results import Report, Result, Verdict

LIMIT = 65_536
"""Characters that GitHub allows in a comment."""

_SOON_DAYS = 30
"""How many days before an exception expires the report warns."""

_ENTRIES = 200
"""Entries of a list at first; halved until the text fits. Counts always include all entries."""

_HEADLINES = {
    Verdict.PASSED: "passed",
    Verdict.REFUSED: "**refused**",
    Verdict.UNDECIDED: "**not evaluated**",
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
        autoescape=False,  # It is Markdown: texts go through `_text`.
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
    """Plain text: no markup, and no @ that mentions a GitHub user."""
    escaped = re.sub(r"([\\`*_\[\]|#<>&])", r"\\\1", " ".join(message.split()))
    return escaped.replace("@", "@\u200b")


def _days_left(result: Result) -> int:
    assert result.exception is not None
    return (result.exception.expires - today()).days
