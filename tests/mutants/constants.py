"""The constants of a Python source, and the source with one of them changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_EXCEPTIONS = ("Error", "Fault", "Warning")
_MAY_BE_EMPTY = "changed"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One source file with one constant changed."""

    path: str
    first_line: int
    last_line: int
    before: str
    after: str
    source: str
    """The whole file, changed."""

    def __str__(self) -> str:
        return f"{self.path}:{self.first_line}: {self.before} -> {self.after}"


def mutants(path: str, source: str) -> list[Mutant]:
    """Every change of one constant: texts, numbers and booleans, in the order of the source.

    Left out are what no test should hold: docstrings, annotations and decorators; texts of exceptions; descriptions of
    settings' fields; a resource's logical name, which is a call's first argument where a class is called, and a
    component's type token; ``zip``'s ``strict``.
    """
    tree = ast.parse(source)
    left_out = {id(below) for node in _left_out(tree) for below in ast.walk(node)}
    return [
        _mutant(path, source, outer, changed_text, constant, after)
        for constant, outer in _constants(tree)
        if id(constant) not in left_out
        for after in _changed(constant.value)
        for changed_text in [_source_of(source, constant, outer, after)]
    ]


def _left_out(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or isinstance(node, ast.Raise):
            yield node
        elif isinstance(node, ast.Assert) and node.msg:
            yield node.msg
        elif isinstance(node, ast.Call):
            yield from _left_out_of_call(node)
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from node.decorator_list
            if isinstance(node, ast.FunctionDef):
                arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                yield from (each.annotation for each in arguments if each.annotation)
                yield from [node.returns] if node.returns else []


def _left_out_of_call(call: ast.Call) -> Iterator[ast.AST]:
    called = ast.unparse(call.func)
    name = called.rpartition(".")[2]
    if name.endswith(_EXCEPTIONS):
        yield call
    elif called == "super().__init__" or name[:1].isupper():
        yield from (each for each in call.args[:1] if isinstance(each, ast.Constant | ast.JoinedStr))
    unread = {"Field": "description", "zip": "strict"}.get(name)
    yield from (each.value for each in call.keywords if each.arg == unread)


def _constants(tree: ast.Module) -> Iterator[tuple[ast.Constant, ast.expr]]:
    """Each constant, and what has a place in the source: itself, or the f-string that it is a part of."""

    def below(node: ast.AST, outer: ast.expr | None) -> Iterator[tuple[ast.Constant, ast.expr]]:
        if isinstance(node, ast.JoinedStr):
            outer = outer or node
        if isinstance(node, ast.Constant):
            yield node, outer or node
        for child in ast.iter_child_nodes(node):
            yield from below(child, outer)

    return below(tree, None)


def _changed(value: object) -> Iterator[object]:
    """The value that a constant is changed to; none for ``None``, bytes and ``...``."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield _other_text(value)


def _other_text(text: str) -> str:
    """``61`` for ``60``; else the last letter or digit is another one: ``mysqk`` for ``mysql``."""
    if text.isdecimal() and text.isascii():
        return str(int(text) + 1)
    for index in range(len(text) - 1, -1, -1):
        if text[index].isalnum():
            return f"{text[:index]}{'x' if text[index] != 'x' else 'y'}{text[index + 1 :]}"
    return f"{text}{_MAY_BE_EMPTY}"


def _source_of(source: str, constant: ast.Constant, outer: ast.expr, after: object) -> str:
    """The source with the constant changed, and everything else as it is."""
    before = constant.value
    try:
        constant.value = after  # type: ignore[assignment]  # text, number or boolean, as it was
        replacement = ast.unparse(outer)
    finally:
        constant.value = before
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    assert outer.end_lineno is not None
    assert outer.end_col_offset is not None
    text = source.encode()
    head = text[: starts[outer.lineno - 1] + outer.col_offset]
    tail = text[starts[outer.end_lineno - 1] + outer.end_col_offset :]
    return (head + replacement.encode() + tail).decode()


def _mutant(path: str, source: str, outer: ast.expr, changed: str, constant: ast.Constant, after: object) -> Mutant:
    assert outer.end_lineno is not None
    return Mutant(
        path=path,
        first_line=outer.lineno,
        last_line=outer.end_lineno,
        before=repr(constant.value),
        after=repr(after),
        source=changed,
    )
