"""Evaluates one rule on one resource, and writes the message of each finding."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from policies.engine.exceptions import Exceptions
from policies.engine.outcome import Outcome, Status
from policies.model.expectations import spelled
from policies.model.properties import Known
from policies.model.resources import Resource
from policies.model.rule import Finding, Findings, OnUnknown, PolicyConfigError, Rule, Undecided, Violation


class Evaluator:
    """Evaluates rules, and applies the written exceptions."""

    def __init__(self, exceptions: Exceptions) -> None:
        self._exceptions = exceptions

    def evaluate(self, rule: Rule, resource: Resource, check: Callable[[], Findings]) -> Iterator[Outcome]:
        """One outcome for each finding; or one that says that the rule passed, or that it broke."""
        try:
            findings = list(check())
        except PolicyConfigError:
            raise
        except Exception as error:
            yield _outcome(rule, Status.BROKEN, resource, message=_broken(rule, resource, error))
            return
        if not findings:
            yield _outcome(rule, Status.PASSED, resource)
        for finding in findings:
            yield self._outcome_of(rule, finding)

    def _outcome_of(self, rule: Rule, finding: Finding) -> Outcome:
        fault = fault_of(finding)
        message = f"{fault} Fix: {rule.fix} [{rule.id}, {rule.severity.value}; {rule.sources}]"
        if isinstance(finding, Undecided):
            status = Status.UNKNOWN if rule.on_unknown is OnUnknown.DEFER else Status.FAILED
            return _outcome(rule, status, finding.resource, message=message, part=spelled(finding.path))
        exception = self._exceptions.covering(rule, finding)
        if exception is None:
            return _outcome(rule, Status.FAILED, finding.resource, message=message, part=finding.part)
        if exception.is_expired:
            message = f"{message} Excepted by {exception.owner} until {exception.expires}: {exception.reason}"
            return _outcome(rule, Status.FAILED, finding.resource, message=message, part=finding.part)
        return _outcome(
            rule,
            Status.EXCEPTED,
            finding.resource,
            message=f"{fault} Excepted by {exception.owner} until {exception.expires}: {exception.reason}",
            part=finding.part,
            reason=f"{exception.reason} ({exception.owner}, until {exception.expires})",
        )


def fault_of(finding: Finding) -> str:
    """The sentence that every message begins with: the resource, what it has, and what the rule expects."""
    match finding:
        case Violation(resource=resource, got=got, expected=expected, part=part):
            return f"{resource}: got {redacted(got, resource, but=part)}, expected {expected}."
        case Undecided(resource=resource, path=path):
            return f"{resource}: got {spelled(path)}, which is unknown until the update, expected a known value."


_WORD = re.compile(r"[A-Za-z]{1,15}")
"""The engine often marks a whole list as secret for one of its values: plain words in it are no secrets."""


def redacted(text: str, resource: Resource, *, but: str = "") -> str:
    """The text without any value that the resource holds as a secret, in case a rule puts one into its message.
    ``but`` is printed by reports in any case."""
    secrets = {
        str(reading.value)
        for _, reading in resource.properties.leaves()
        if isinstance(reading, Known) and reading.secret and not isinstance(reading.value, bool)
    }
    for secret in sorted(secrets, key=len, reverse=True):
        if secret not in ("", but) and not _WORD.fullmatch(secret):
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "[secret]", text)
    return text


def _broken(rule: Rule, resource: Resource, error: Exception) -> str:
    # The text of an arbitrary exception may hold a property's value, and so a secret: its type and place do not.
    origin = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(origin.filename).name}:{origin.lineno}"
    return (
        f"{resource}: got {type(error).__name__} at {place} from the rule {rule.id}, expected a result. "
        "Fix: repair the rule, or disable it in the policy config."
    )


def _outcome(
    rule: Rule, status: Status, resource: Resource, *, message: str = "", part: str = "", reason: str = ""
) -> Outcome:
    return Outcome(
        policy=rule.id,
        status=status,
        urn=resource.urn,
        resource=str(resource),
        message=message,
        part=part,
        reason=reason,
    )
