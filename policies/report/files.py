"""The report's files, all of one run or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from policies.report import as_json, as_junit, as_markdown, as_sarif
from policies.report.report import Report

FORMS: Mapping[str, Callable[[Report], str]] = {
    "policies.json": as_json.text_of,
    "policies.sarif": as_sarif.text_of,
    "policies.xml": as_junit.text_of,
    "policies.md": as_markdown.text_of,
}


def clear(directory: Path) -> None:
    """Takes an earlier run's report away, which would be taken for this one's if this one broke off."""
    for name in FORMS:
        (directory / name).unlink(missing_ok=True)


def write(report: Report, directory: Path) -> None:
    """Writes all forms. Raises OSError where nothing can be written."""
    directory.mkdir(parents=True, exist_ok=True)
    # On the same disk, so that each file is put in its place at one stroke.
    with tempfile.TemporaryDirectory(dir=directory, prefix=".unfinished-") as unfinished:
        for name, text_of in FORMS.items():
            (Path(unfinished) / name).write_text(text_of(report))
        for name in FORMS:
            os.replace(Path(unfinished) / name, directory / name)
