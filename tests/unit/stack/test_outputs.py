"""Everything that a stack exports is in one typed place, and on one page."""

from __future__ import annotations

import dataclasses

from stack.describe import COMMAND, PAGE, descriptions, page
from stack.outputs import StackOutputs
from tests.unit.program import program


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"run `{COMMAND}`"


def test_every_output_has_a_description() -> None:
    assert [name for name, _ in descriptions()] == [field.name for field in dataclasses.fields(StackOutputs)]


def test_the_shipped_stacks_export_these_and_no_others() -> None:
    """Production has every part but a cache for sessions alone, and refreshes from no other stack. What it shares with
    other stacks comes on top."""
    outputs = {name for name, _ in descriptions()} - {"session_cache_address", "refreshes_from"}
    assert set(program("prod").exports) == outputs | {"shared_platform"}
    assert set(program("preprod").exports) < outputs
