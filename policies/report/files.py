"""Writes the report's files: all of one run, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from policies.report import as_json, as_junit, as_markdown, as_sarif
from policies.report.results import Report

FORMS: Mapping[str, Callable[[Report], str]] = {
    "policies.json": as_json.text_of,
    "policies.sarif": as_sarif.text_of,
    "policies.xml": as_junit.text_of,
    "policies.md": as_markdown.text_of,
}


def clear(directory: Path) -> None:
    """Deletes the report of an earlier run, so that it is not mistaken for this run's."""
    for name in FORMS:
        (directory / name).unlink(missing_ok=True)


def write(report: Report, directory: Path) -> None:
    """Writes all forms. Raises OSError if the directory cannot be written."""
    directory.mkdir(parents=True, exist_ok=True)
    # On the same disk, so that each file is replaced atomically.
    with tempfile.TemporaryDirectory(dir=directory, prefix=".unfinished-") as unfinished:
        for name, text_of in FORMS.items():
            (Path(unfinished) / name).write_text(text_of(report))
        for name in FORMS:
            os.replace(Path(unfinished) / name, directory / name)
