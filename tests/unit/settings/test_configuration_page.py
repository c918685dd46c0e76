"""docs/configuration.md describes every key that a stack file may hold, in the words beside the key's type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from settings.describe import COMMAND, PAGE, is_list, page
from settings.descriptions import description
from settings.section import Section
from settings.stack_file import Settings
from settings.validation import sections_in
from tests.unit.program import stack_config

ROW = re.compile(r"^\| `(\S+)` \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
PAGE_KEYS = [row[0] for row in ROW.findall(page())]


def keys(section: type[Section], prefix: str = "") -> Iterator[str]:
    """Every key that a stack file may hold below ``magento:``, with ``[]`` for the entries of a list."""
    for name, field in section.model_fields.items():
        entry = "[]" if is_list(field.annotation) else ""
        inner = [key for each in sections_in(field.annotation) for key in keys(each, f"{prefix}{name}{entry}.")]
        if prefix or name != "region":
            yield from inner or [f"{prefix}{name}"]


def undescribed(section: type[Section], path: str) -> Iterator[str]:
    """The keys of a section, and of those in it, that have no description."""
    for name, field in section.model_fields.items():
        if not description(section, name).strip():
            yield f"{path}.{name}"
        for inner in sections_in(field.annotation):
            yield from undescribed(inner, f"{path}.{name}")


def written(value: Any, path: str) -> Iterator[str]:
    """The keys that a part of a stack file has, with ``[]`` for the entries of a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from written(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for entry in value:
            yield from written(entry, f"{path}[]")


def on_the_page(key: str) -> str:
    """Where the page describes a key: sizes of servers and the shared database are described once."""
    key = re.sub(r"^\w+\.size\.", "size.", key)
    key = re.sub(r"^shared_database\.", "site.database.", key)
    return re.sub(r"^(satellites\[\]\.variables|monitoring\.alarm_names)\..*", r"\1", key)


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"run `{COMMAND}`"


def test_every_key_is_described() -> None:
    assert list(undescribed(Settings, "magento")) == []


def test_every_key_is_on_the_page_once() -> None:
    """`network.zones` is a key of both kinds of network."""
    assert sorted(key for key in set(PAGE_KEYS) if PAGE_KEYS.count(key) > 1) == ["network.zones"]
    assert {on_the_page(key) for key in keys(Settings)} <= set(PAGE_KEYS)
    assert {"client", "size.ami", "satellites[].cron[].schedule", "site.back_office.instances"} <= set(PAGE_KEYS)


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_every_key_of_the_shipped_stack_files_is_on_the_page(stack: str) -> None:
    config = {key.removeprefix("magento:"): value for key, value in stack_config(stack).items() if "magento:" in key}
    keys = {on_the_page(key.removeprefix(".")) for key in written(config, "")}
    assert {key for key in keys if "." in key} - set(PAGE_KEYS) == set()
    assert {f"## {key}" for key in keys if "." not in key} - {f"## {key}" for key in PAGE_KEYS} <= set(
        page().splitlines()
    )
