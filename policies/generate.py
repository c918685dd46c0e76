"""Writes what is made from the rules, after any of them changed: ``python -m policies.generate``."""

from __future__ import annotations

from pathlib import Path

from policies import levels, sdk_types
from policies.rule import Environment

ROOT = Path(__file__).resolve().parent.parent
AWS_TYPES = ROOT / "policies" / "aws_types.py"
PAGE = ROOT / "docs" / "policies.md"


def files() -> dict[Path, str]:
    """Each file's text."""
    # The rules read the types, which may have just been written.
    from policies import coverage
    from policies.catalogue import RULES

    configs = {levels.DIRECTORY / f"{each}.json": levels.file_of(each, RULES) for each in Environment}
    return {AWS_TYPES: sdk_types.source(), **configs, PAGE: coverage.page()}


if __name__ == "__main__":
    AWS_TYPES.write_text(sdk_types.source())
    for path, text in files().items():
        path.write_text(text)
