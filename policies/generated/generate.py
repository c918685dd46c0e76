"""Writes the files that are generated from the rules: ``python -m policies.generated.generate``."""

from __future__ import annotations

from pathlib import Path

from policies.engine import levels
from policies.generated import sdk_types
from policies.model.rule import Environment

ROOT = Path(__file__).resolve().parents[2]
AWS_TYPES = ROOT / "policies" / "generated" / "aws_types.py"
PAGE = ROOT / "docs" / "policies.md"


def files() -> dict[Path, str]:
    """Each file's text."""
    # The rules import the types, which may have just been written.
    from policies.engine.catalogue import RULES
    from policies.generated import coverage

    configs = {levels.DIRECTORY / f"{each}.json": levels.file_of(each, RULES) for each in Environment}
    return {AWS_TYPES: sdk_types.source(), **configs, PAGE: coverage.page()}


if __name__ == "__main__":
    AWS_TYPES.write_text(sdk_types.source())
    for path, text in files().items():
        path.write_text(text)
