"""The rule of a composite alarm: ``ALARM("a") AND NOT (OK(b) OR FALSE)`` ("Composite alarm", AlarmRule)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:(?P<mark>[()])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()"]+))')

States = Callable[[str], str]
"""The state of an alarm by its name."""
_Condition = Callable[[States], bool]


class InvalidRuleError(ValueError):
    """The text is not a valid rule; the message says where."""


@dataclass(frozen=True)
class AlarmRule:
    """A parsed rule: the alarms in it, and the condition over their states."""

    children: frozenset[str]
    holds: _Condition


def parse(text: str) -> AlarmRule:
    """Parse a rule. Raises ``InvalidRuleError``."""
    return _Parser(text).rule()


class _Parser:
    """Recursive descent, from the lowest precedence: OR, AND, NOT."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._children: set[str] = set()

    def rule(self) -> AlarmRule:
        condition = self._any()
        if self._tokens:
            raise InvalidRuleError(f"unexpected {self._tokens[0]}")
        return AlarmRule(frozenset(self._children), condition)

    def _any(self) -> _Condition:
        parts = [self._all()]
        while self._took("OR"):
            parts.append(self._all())
        return lambda states: any(part(states) for part in parts)

    def _all(self) -> _Condition:
        parts = [self._one()]
        while self._took("AND"):
            parts.append(self._one())
        return lambda states: all(part(states) for part in parts)

    def _one(self) -> _Condition:
        if self._took("NOT"):
            negated = self._one()
            return lambda states: not negated(states)
        if self._took("("):
            inner = self._any()
            self._expect(")")
            return inner
        word = self._next()
        if word in ("TRUE", "FALSE"):
            return lambda _states: word == "TRUE"
        if word not in ("ALARM", "OK", "INSUFFICIENT_DATA"):
            raise InvalidRuleError(f"unexpected {word}")
        self._expect("(")
        child = self._next().rpartition(":alarm:")[2]
        self._expect(")")
        self._children.add(child)
        return lambda states: states(child) == word

    def _next(self) -> str:
        if not self._tokens:
            raise InvalidRuleError("unexpected end")
        return self._tokens.pop(0)

    def _expect(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise InvalidRuleError(f"expected {token} instead of {found}")

    def _took(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidRuleError(f"unexpected {text[position:].strip()}")
        quoted = match["quoted"]
        found.append(match["mark"] or match["word"] or re.sub(r"\\(.)", r"\1", quoted))
        position = match.end()
    return found
