"""Stack files that somebody could write by mistake: the shipped ones, with up to three changes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import strategies as st

from tests.unit.program import stack_config

Path = tuple[str | int, ...]

NUMBERS = (-(10**18), -5, -1, 0, 1, 2, 7, 19, 22, 99, 65_535, 65_536, 100_000, 10**18, 1.5)
TEXTS = (
    "",
    " ",
    "a",
    "prod",
    "a\nb",
    "\x00",
    "é",
    "\u2028",
    "٣",
    "\ud83d\ude00",
    "x" * 300,
    "../../etc/passwd",
    "$(reboot)",
    "{CPU}",
    "{0.__class__}",
    "{}",
    "%s",
    "*",
    "true",
    "null",
    "1e999",
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "0.0.0.0/0",
    "2001:db8::1",
    "client.url",
    "*.client.url",
    "evil.example.com",
    "99 99 99 99 99",
    "cron(a b c d e f)",
    "t2.micro",
    "mac1.metal",
    "c7g.large",
    "db.t3.micro",
    "vendor",
    "root",
    "22",
    "1-65535",
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"a": {"b": []}}, [{}], float("nan"), float("inf"))
KEYS = ("", "a", "name", "stack", "cidr", "size", "a\nb", "é", "x" * 300, "__class__", "0", "model_config")


@dataclass(frozen=True, kw_only=True)
class Mutated:
    """A stack's file with its changes, and what they were."""

    stack: str
    config: dict[str, Any] = field(repr=False)
    changes: tuple[str, ...]


def _paths(value: Any, before: Path = ()) -> Iterator[Path]:
    """Where every value is: keys, and entries of lists, at any depth."""
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in entries:
        yield (*before, key)
        yield from _paths(each, (*before, key))


def at(config: Any, path: Path) -> Any:
    """The value at a path. Raises ``LookupError`` if an earlier change took it away."""
    found: Any = config
    for part in path:
        # An earlier change may have put a value or a list in the place of a section.
        if not isinstance(found, dict if isinstance(part, str) else list):
            raise LookupError(path)
        found = cast(Any, found)[part]
    return found


FILES = {stack: stack_config(stack) for stack in ("prod", "preprod")}
PATHS = {stack: tuple(_paths(config)) for stack, config in FILES.items()}
SCALARS = {
    stack: tuple(path for path in PATHS[stack] if not isinstance(at(config, path), dict | list))
    for stack, config in FILES.items()
}


@st.composite
def mutated(draw: st.DrawFn) -> Mutated:
    """One to three changes of a shipped file, each of one kind."""
    stack = draw(st.sampled_from(sorted(FILES)))
    config = copy.deepcopy(FILES[stack])
    changes = []
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
        try:
            changes.append(f"{change.__name__} {change(draw, stack, config)}")
        except LookupError:
            continue
    return Mutated(stack=stack, config=config, changes=tuple(changes))


def _put(config: Any, path: Path, value: Any) -> None:
    parent = at(config, path[:-1])
    if isinstance(parent, str | int | float | bool | None):
        raise LookupError(path)
    parent[path[-1]] = value


def _another_type(draw: st.DrawFn, stack: str, config: Any) -> str:
    path, value = draw(st.sampled_from(PATHS[stack])), copy.deepcopy(draw(st.sampled_from((*NUMBERS, *TEXTS, *OTHERS))))
    _put(config, path, value)
    return f"{path} = {value!a}"


def _a_limit(draw: st.DrawFn, stack: str, config: Any) -> str:
    """A number beside the one that is there, or far away; a text with a character more or less."""
    path = draw(st.sampled_from(SCALARS[stack]))
    value = at(config, path)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise LookupError(path)
    if isinstance(value, int):
        value = draw(st.sampled_from((value - 1, value + 1, value * 10, -value, value // 10, *NUMBERS)))
    else:
        extra = draw(st.sampled_from(("\n", " ", "é", "A", "-", ".", "..", "0", "/", "'", ",", "\x7f")))
        value = draw(st.sampled_from((value + extra, extra + value, value[:-1], value.upper(), value * 20)))
    _put(config, path, value)
    return f"{path} = {value!a}"


def _swapped(draw: st.DrawFn, stack: str, config: Any) -> str:
    """Two values of one type change places."""
    one, other = draw(st.sampled_from(SCALARS[stack])), draw(st.sampled_from(SCALARS[stack]))
    first, second = at(config, one), at(config, other)
    if type(first) is not type(second):
        raise LookupError(other)
    _put(config, one, second)
    _put(config, other, first)
    return f"{one} and {other}"


def _copied(draw: st.DrawFn, stack: str, config: Any) -> str:
    """A value is what another one is, as in two hosts of one name, or of the other stack's file."""
    from_stack = draw(st.sampled_from(sorted(FILES)))
    source, path = draw(st.sampled_from(PATHS[from_stack])), draw(st.sampled_from(PATHS[stack]))
    value, before = at(FILES[from_stack], source), at(config, path)
    if type(value) is not type(before):
        raise LookupError(path)
    _put(config, path, copy.deepcopy(value))
    return f"{path} = {source} of {from_stack}"


def _twice(draw: st.DrawFn, stack: str, config: Any) -> str:
    """An entry of a list is there twice, or all of them are in another order."""
    path = draw(st.sampled_from(PATHS[stack]))
    entries = at(config, path)
    if not isinstance(entries, list) or not entries:
        raise LookupError(path)
    index = draw(st.integers(0, len(entries) - 1))
    entries.append(copy.deepcopy(entries[index]))
    return f"{path}.{index}"


def _gone(draw: st.DrawFn, stack: str, config: Any) -> str:
    path = draw(st.sampled_from(PATHS[stack]))
    section = at(config, path[:-1])
    if not isinstance(section, dict if isinstance(path[-1], str) else list):
        raise LookupError(path)
    del cast(Any, section)[path[-1]]
    return str(path)


def _unknown_key(draw: st.DrawFn, stack: str, config: Any) -> str:
    path, key = draw(st.sampled_from(PATHS[stack])), draw(st.sampled_from(KEYS))
    section = at(config, path)
    if not isinstance(section, dict):
        raise LookupError(path)
    section[key] = copy.deepcopy(draw(st.sampled_from((*NUMBERS, *TEXTS, *OTHERS))))
    return f"{path}.{key!a}"


CHANGES = (_another_type, _a_limit, _swapped, _copied, _twice, _gone, _unknown_key, _a_limit)
