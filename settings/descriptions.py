"""What each key of a stack file is for, in the words below its field."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap

from settings.section import Section


def description(section: type[Section], key: str) -> str:
    """The text below a key's field; empty if there is none."""
    return next((found[key] for each in section.__mro__ if key in (found := _below_fields(each))), "")


# Read when it is asked for. pydantic's `use_attribute_docstrings` parses the source of all sections in each run of the
# program, which took a seventh of the CPU of its imports.
@functools.cache
def _below_fields(cls: type) -> dict[str, str]:
    if not issubclass(cls, Section):
        return {}
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in itertools.pairwise(definition.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                found[name] = inspect.cleandoc(words)
    return found
