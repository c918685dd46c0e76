"""What pydantic found wrong with a section, as faults in the one grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from settings.descriptions import description
from settings.messages import Fault, FaultsError, Words, join
from settings.network import JOINED, OWN, JoinedNetworkSettings, OwnNetworkSettings
from settings.section import Section

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_KINDS: dict[int | str, type[Section]] = {OWN: OwnNetworkSettings, JOINED: JoinedNetworkSettings}
"""What pydantic puts into a location to tell the two kinds of network apart. No stack file writes it."""
_OF_A_NAME = "[key]"
"""What pydantic puts last into a location when the name of an entry is wrong, and not its value."""
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "names with values",
    "model_type": "a section with keys",
}
"""What pydantic's types of error expected, in the words of this program."""


def faults_in(error: ValidationError, section: type[Section]) -> Iterator[Fault]:
    """Every fault that pydantic found while it made a section."""
    for each in error.errors():
        yield from _faults_of(each, section)


def sections_in(annotation: Any) -> Iterator[type[Section]]:
    """The sections that the type of a key allows: ``tuple[CronJobSettings, ...]`` holds one."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from sections_in(part)


def _faults_of(error: ErrorDetails, root: type[Section]) -> Iterator[Fault]:
    path = join(*(str(part) for part in error["loc"] if part not in _KINDS and part != _OF_A_NAME))
    *parents, key = error["loc"] or ("",)
    raised = error.get("ctx", {}).get("error")
    if isinstance(raised, FaultsError):
        yield from (fault.below(path) for fault in raised.faults)
    elif error["type"] == "missing":
        yield Fault(path=path, expected=_purpose(_section(parents, root), str(key)))
    elif error["type"] == "extra_forbidden":
        known = _section(parents, root).known_keys()
        close = get_close_matches(str(key), known, n=1)
        yield Fault(
            path=path,
            got=Words("an unknown key"),
            expected=f"one of {', '.join(known)}",
            fix=f"Did you mean {close[0]}?" if close else "",
        )
    else:
        yield Fault(path=path, got=error["input"], expected=_expected(error), fix=_fix(error))


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "enum":
        return f"one of {error['ctx']['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    return _EXPECTED.get(error["type"], error["msg"][0].lower() + error["msg"][1:])


def _fix(error: ErrorDetails) -> str:
    """YAML takes an unquoted ``8.1`` for a number."""
    is_number = isinstance(error["input"], int | float) and not isinstance(error["input"], bool)
    return f'Quote it: "{error["input"]}".' if error["type"] == "string_type" and is_number else ""


def _section(location: Sequence[int | str], root: type[Section]) -> type[Section]:
    """The section at a location."""
    section = root
    for part in location:
        if part in _KINDS:
            section = _KINDS[part]
        elif isinstance(part, str):
            section = next(sections_in(section.model_fields[part].annotation))
    return section


def _purpose(section: type[Section], key: str) -> str:
    """What a missing key is for: the first sentence of its description."""
    text = (description(section, key) or "a value").replace("\n", " ").replace("`", "")
    sentence = text.partition(". ")[0].rstrip(".")
    return sentence if sentence[:2].isupper() else sentence[0].lower() + sentence[1:]
