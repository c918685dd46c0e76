"""Exceptions from rules: entries of ``exceptions.yaml``, each with its reason, its owner and its last day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from policies.engine.yaml_file import read_yaml
from policies.model.expiry import today
from policies.model.rule import PolicyConfigError, Rule, Violation

FILE = Path(__file__).resolve().parents[1] / "exceptions.yaml"

MINIMUM_REASON = 20
"""Characters. Shorter reasons say "legacy" or "needed"."""

LONGEST = datetime.timedelta(days=2 * 366)
"""How far ahead an exception's last day may be, so that each is reviewed again."""


@dataclass(frozen=True, kw_only=True)
class PolicyException:
    """Allows one resource of one stack to violate one rule, up to and including the day ``expires``.

    ``resource`` is as messages print it: ``lb.Listener 'pim-http'``. ``part`` is one of several violations on it, as
    reports print it; without ``part`` the exception covers all of them.
    """

    policy: str
    stack: str
    resource: str
    part: str
    reason: str
    owner: str
    expires: datetime.date

    def __str__(self) -> str:
        part = f" ({self.part})" if self.part else ""
        return f"an exception of {self.owner} from {self.policy} for {self.resource}{part} in {self.stack}"

    def covers(self, rule: Rule, violation: Violation) -> bool:
        """Whether the exception is for this violation, expired or not."""
        resource = violation.resource
        return (
            (self.policy, self.stack, self.resource) == (rule.id, resource.stack, str(resource))
            and self.part in ("", violation.part)
        )  # fmt: skip

    @property
    def is_expired(self) -> bool:
        """Whether its last day is past."""
        return self.expires < today()


@dataclass
class Exceptions:
    """All exceptions, and which of them a run has used."""

    entries: tuple[PolicyException, ...]
    _used: set[PolicyException] = field(default_factory=set)

    @classmethod
    def read(cls, file: Path = FILE, *, rules: Iterable[Rule]) -> Exceptions:
        """The entries of a file. Raises PolicyConfigError that names the entry, what it has, and what is expected."""
        try:
            raw = read_yaml(file) or []
        except yaml.YAMLError as error:
            raise PolicyConfigError(f"{file.name}: got {' '.join(str(error).split())}, expected YAML") from None
        if not isinstance(raw, list):
            raise PolicyConfigError(f"{file.name}: got {type(raw).__name__}, expected a list of exceptions")
        known = {rule.id for rule in rules}
        return cls(tuple(_entry(each, f"{file.name}[{index}]", known) for index, each in enumerate(raw)))

    def covering(self, rule: Rule, violation: Violation) -> PolicyException | None:
        """The exception that covers a violation, if there is one. Of several, the one that lasts longest."""
        found = [each for each in self.entries if each.covers(rule, violation)]
        self._used.update(found)
        return max(found, key=lambda each: each.expires, default=None)

    def unused(self, stack: str) -> tuple[PolicyException, ...]:
        """The stack's exceptions that have covered no violation since ``forget``."""
        return tuple(each for each in self.entries if each.stack == stack and each not in self._used)

    def forget(self) -> None:
        """Begins a new run: no exception counts as used."""
        self._used.clear()


_FIELDS = ("policy", "stack", "resource", "reason", "owner", "expires")


def _entry(raw: Any, where: str, known: set[str]) -> PolicyException:
    if not isinstance(raw, Mapping):
        raise PolicyConfigError(f"{where}: got {raw!r}, expected an object")
    # First: a misspelled key is unknown, and the right one is missing.
    unknown = sorted(set(map(str, raw)) - {*_FIELDS, "part"})
    if unknown:
        raise PolicyConfigError(f"{where}: got {', '.join(unknown)}, expected only {', '.join(_FIELDS)} and part")
    for name in _FIELDS:
        if not raw.get(name):
            raise PolicyConfigError(f"{where}: got no {name}, expected one")
    text = {name: str(raw.get(name, "")).strip() for name in (*_FIELDS, "part")}
    if text["policy"] not in known:
        raise PolicyConfigError(f"{where}.policy: got {text['policy']}, expected a rule of this pack")
    if len(text["reason"]) < MINIMUM_REASON:
        raise PolicyConfigError(
            f"{where}.reason: got {text['reason']!r}, expected at least {MINIMUM_REASON} characters"
        )
    try:
        expires = datetime.date.fromisoformat(text["expires"])
    except ValueError:
        raise PolicyConfigError(
            f"{where}.expires: got {text['expires']!r}, expected a date such as 2027-06-30"
        ) from None
    if expires > today() + LONGEST:
        raise PolicyConfigError(f"{where}.expires: got {expires}, expected {today() + LONGEST} or earlier")
    return PolicyException(**{**text, "expires": expires})  # type: ignore[arg-type]  # the fields are those of _FIELDS
