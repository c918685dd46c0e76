"""Exceptions from rules: written down in ``exceptions.yaml``, each with its reason, its owner and its last day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from policies.model.rule import PolicyConfigError, Rule, Violation

FILE = Path(__file__).resolve().parents[1] / "exceptions.yaml"

MINIMUM_REASON = 20
"""Characters: shorter ones say "legacy" or "needed"."""

LONGEST = datetime.timedelta(days=2 * 366)
"""How far ahead an exception's last day may lie, so that somebody looks at it again."""


def today() -> datetime.date:
    """The day by which exceptions and permissions end, in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


@dataclass(frozen=True, kw_only=True)
class PolicyException:
    """What one rule lets pass on one resource of one stack, up to and including the day ``expires``.

    ``resource`` is as messages print it: ``lb.Listener 'pim-http'``. ``part`` is one violation of several on it, as
    reports print it; without one, all of them.
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
        return f"the exception of {self.owner} from {self.policy} for {self.resource}{part} in {self.stack}"

    def covers(self, rule: Rule, violation: Violation) -> bool:
        """Whether this is about that violation, expired or not."""
        resource = violation.resource
        return (
            (self.policy, self.stack, self.resource) == (rule.id, resource.stack, str(resource))
            and self.part in ("", violation.part)
        )  # fmt: skip

    @property
    def is_expired(self) -> bool:
        """Whether its last day is over."""
        return self.expires < today()


@dataclass
class Exceptions:
    """All exceptions, and which of them a run has had a use for."""

    entries: tuple[PolicyException, ...]
    _used: set[PolicyException] = field(default_factory=set)

    @classmethod
    def read(cls, file: Path = FILE, *, rules: Iterable[Rule]) -> Exceptions:
        """The entries of a file. Raises PolicyConfigError naming the entry, what it has, and what it must have."""
        try:
            raw = yaml.safe_load(file.read_text()) or []
        except yaml.YAMLError as error:
            raise PolicyConfigError(f"{file.name} is no YAML: {' '.join(str(error).split())}") from None
        if not isinstance(raw, list):
            raise PolicyConfigError(f"{file.name} must be a list of exceptions")
        known = {rule.id for rule in rules}
        return cls(
            tuple(_entry(each, f"exception {number} of {file.name}", known) for number, each in enumerate(raw, start=1))
        )

    def covering(self, rule: Rule, violation: Violation) -> PolicyException | None:
        """The exception that a violation falls under, if there is one, the one that lasts longest first."""
        found = [each for each in self.entries if each.covers(rule, violation)]
        self._used.update(found)
        return max(found, key=lambda each: each.expires, default=None)

    def unused(self, stack: str) -> tuple[PolicyException, ...]:
        """The stack's exceptions that nothing has fallen under since ``forget``."""
        return tuple(each for each in self.entries if each.stack == stack and each not in self._used)

    def forget(self) -> None:
        """Starts a new run."""
        self._used.clear()


_FIELDS = ("policy", "stack", "resource", "reason", "owner", "expires")


def _entry(raw: Any, where: str, known: set[str]) -> PolicyException:
    if not isinstance(raw, Mapping):
        raise PolicyConfigError(f"{where} must be an object, got {raw!r}")
    for name in _FIELDS:
        if not raw.get(name):
            raise PolicyConfigError(f"{where} has no {name}")
    strange = sorted(set(raw) - {*_FIELDS, "part"})
    if strange:
        raise PolicyConfigError(f"{where} has {', '.join(strange)}, and knows only {', '.join(_FIELDS)} and part")
    text = {name: str(raw.get(name, "")).strip() for name in (*_FIELDS, "part")}
    if text["policy"] not in known:
        raise PolicyConfigError(f"{where} is from {text['policy']}, which is no rule of this pack")
    if len(text["reason"]) < MINIMUM_REASON:
        raise PolicyConfigError(f"{where} has the reason {text['reason']!r}, and must have {MINIMUM_REASON} characters")
    try:
        expires = datetime.date.fromisoformat(text["expires"])
    except ValueError:
        raise PolicyConfigError(
            f"{where} expires {text['expires']!r}, and must expire on a day such as 2027-06-30"
        ) from None
    if expires > today() + LONGEST:
        raise PolicyConfigError(f"{where} expires {expires}, and must not be later than {today() + LONGEST}")
    return PolicyException(**{**text, "expires": expires})  # type: ignore[arg-type]  # the fields are those of _FIELDS
