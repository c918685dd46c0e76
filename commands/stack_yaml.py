"""Slips of YAML in a stack file, with the file's name and the line.

The Pulumi CLI reads a stack file before the program does, and its words about a slip name neither. So what runs the CLI
here looks first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import yaml

from commands.errors import CannotRunError

_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C is ten times as fast, where PyYAML has it."""
READERS = ("preview", "pre", "up", "update", "destroy", "down", "dn", "refresh", "import", "watch", "config", "cf", "c")
"""The commands of the Pulumi CLI that read the file, with their other names. `stack output` and `cancel` do not."""
_CONFIG = "config:"
_LONGEST_LINE = 80
_FIXES = {
    "\t": "Indent with spaces, not with tabs.",
    "mapping values are not allowed": "A key is indented as the keys beside it, and a value with a colon is quoted.",
    "alphabetic or numeric character": 'Quote a value that begins with * or &, such as "*.client.url".',
    "did not find expected": "Look for a line that is indented too far or not far enough, and for an open bracket.",
    "undefined alias": "Quote a value that begins with *.",
    "cannot start any token": "Quote a value that begins with @, `, % or another sign.",
}
"""What usually helps, by a part of the parser's complaint."""


def require(file: Path) -> None:
    """Raise `CannotRunError` for a file that Pulumi could not read. A file that is not there is not looked at."""
    if slip := slip_in(file):
        raise CannotRunError(slip)


def slip_in(file: Path) -> str:
    """What keeps Pulumi from reading a stack file: its name, the line, what it got and what it expected.

    Empty for a file that it can read, and for one that is not there.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return ""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"{file.name}, line {line}: got a byte {content[error.start]:#04x}, expected UTF-8. Save it as UTF-8."
    try:
        # Not loaded: Pulumi takes values that PyYAML does not, such as a bare `=`.
        document = yaml.compose(text, _LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it is not YAML"
        return _said(file, text, mark.line if mark else 0, f"YAML: {problem}")
    except yaml.reader.ReaderError as error:
        return _said(file, text, text.count("\n", 0, error.position), f"YAML: {error.reason}")
    if found := next(_wrong(document), None):
        return _said(file, text, *found)
    return ""


def _wrong(document: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """The lines of YAML that is no stack file, with what was expected there."""
    if document is None:
        return
    if not isinstance(document, yaml.MappingNode):
        yield document.start_mark.line, f"{_CONFIG} and the keys of the stack below it"
        return
    keys = [key.value for key, _ in document.value]
    for key, value in document.value:
        is_empty = isinstance(value, yaml.ScalarNode) and value.value in ("", "~", "null")
        if key.value == "config":
            if not isinstance(value, yaml.MappingNode) and not is_empty:
                yield value.start_mark.line, f"keys and values below {_CONFIG}"
        # Pulumi leaves out what it does not know, and then misses every key.
        elif ":" in str(key.value) or ("config" not in keys and get_close_matches(str(key.value), ["config"])):
            yield key.start_mark.line, f"{_CONFIG}, and what belongs to it indented below it"
    for repeated in _repeated(document):
        yield repeated.start_mark.line, f"the key {repeated.value} only once"


def _said(file: Path, text: str, number: int, expected: str) -> str:
    lines = text.splitlines()
    # At the end of the text, the parser points behind its last line.
    number = min(number, max(len(lines) - 1, 0))
    line = lines[number].rstrip() if lines else ""
    found = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
    fix = next((fix for part, fix in _FIXES.items() if part in (line if part == "\t" else expected)), "")
    shown = json.dumps(found, ensure_ascii=False)
    return " ".join(filter(None, (f"{file.name}, line {number + 1}: got {shown}, expected {expected}.", fix)))


def _repeated(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The keys that a mapping has a second time, which Pulumi refuses and PyYAML does not."""
    match node:
        case yaml.MappingNode(value=[*pairs]):
            seen = set()
            for key, value in pairs:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        yield key
                    seen.add(key.value)
                yield from _repeated(value)
        case yaml.SequenceNode(value=[*entries]):
            for each in entries:
                yield from _repeated(each)
