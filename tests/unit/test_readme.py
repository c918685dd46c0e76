"""The README's table of config keys is the settings' own list of them: nothing missing, nothing made up."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from settings.stack_file import Settings
from tests.unit.program import ROOT


def keys(section: type, prefix: str = "") -> Iterator[str]:
    """Every key that a stack file may hold, with ``[]`` for the entries of a list."""
    for name, hint in get_type_hints(section).items():
        if name.startswith("model_") or (not prefix and name == "region"):
            continue
        inner = [each for each in (hint, *get_args(hint)) if is_section(each)]
        if not inner:
            yield f"{prefix}{name}"
        elif getattr(hint, "__origin__", None) is tuple:
            yield from keys(inner[0], f"{prefix}{name}[].")
        else:
            yield from keys(inner[0], f"{prefix}{name}.")


def is_section(hint: Any) -> bool:
    return isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, BaseModel))


def documented() -> set[str]:
    table = (ROOT / "README.md").read_text().partition("## Configuration")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}


def test_every_key_is_documented_once_and_no_other() -> None:
    """A shared database has the keys of a site's, and is documented by reference to them."""
    known = {re.sub(r"^shared_database\..*", "shared_database.*", key) for key in keys(Settings)}
    assert documented() == known
