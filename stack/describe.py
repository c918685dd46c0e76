"""``python -m stack.describe`` writes ``docs/outputs.md`` from the descriptions of the stack's outputs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from stack.outputs import StackOutputs

PAGE = Path(__file__).parent.parent / "docs" / "outputs.md"
COMMAND = "python -m stack.describe"
_INTRODUCTION = f"""\
# Stack outputs

<!-- `{COMMAND}` writes this page from stack/outputs.py. Change the text there, then run it. -->

`pulumi stack output -s prod` prints them all, and `pulumi stack output -s prod name_servers` prints one. Add
`--show-secrets` for `vpn_configurations`. A stack exports only what it has: without a `gateway` section there is no
`gateway_address`. A stack with a network of its own also exports `shared_platform`, which the stacks that join its
network read.

| Output | What it is |
|---|---|
"""


def descriptions() -> Iterator[tuple[str, str]]:
    """The name of each output and the text below it in ``StackOutputs``."""
    (definition,) = ast.parse(inspect.getsource(StackOutputs)).body
    assert isinstance(definition, ast.ClassDef)
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            if not (isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)):
                raise LookupError(f"StackOutputs.{field.target.id}: missing, expected a description below it")
            yield field.target.id, " ".join(str(text.value.value).split())


def page() -> str:
    """The whole page."""
    return _INTRODUCTION + "".join(f"| `{name}` | {text} |\n" for name, text in descriptions())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(PAGE.parent.parent)} is written")
