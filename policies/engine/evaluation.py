"""Asks a rule about a resource, and makes of its findings what the run shall hear."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from policies.engine.exceptions import Exceptions
from policies.engine.outcome import Outcome, Status
from policies.model.properties import Known
from policies.model.resources import Resource
from policies.model.rule import Finding, Findings, OnUnknown, PolicyConfigError, Rule, Undecided, Violation


class Judge:
    """Judges resources by rules, minding exceptions."""

    def __init__(self, exceptions: Exceptions) -> None:
        self._exceptions = exceptions

    def judge(self, rule: Rule, resource: Resource, check: Callable[[], Findings]) -> Iterator[Outcome]:
        """One outcome for each finding, or a single one that the rule passed, or that it broke."""
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
        verdict = verdict_of(finding)
        message = f"{verdict} Fix: {rule.fix} [{rule.id}, {rule.severity.value}; {rule.sources}]"
        if isinstance(finding, Undecided):
            deferred = rule.on_unknown is OnUnknown.DEFER
            return _outcome(
                rule,
                Status.UNKNOWN if deferred else Status.FAILED,
                finding.resource,
                message=message,
                part=finding.path,
            )
        exception = self._exceptions.covering(rule, finding)
        if exception is None:
            return _outcome(rule, Status.FAILED, finding.resource, message=message, part=finding.part)
        if exception.is_expired:
            message = f"{message} It was excepted by {exception.owner} until {exception.expires}: {exception.reason}"
            return _outcome(rule, Status.FAILED, finding.resource, message=message, part=finding.part)
        return _outcome(
            rule,
            Status.EXCEPTED,
            finding.resource,
            message=f"{verdict} Excepted by {exception.owner} until {exception.expires}: {exception.reason}",
            part=finding.part,
            reason=f"{exception.reason} ({exception.owner}, until {exception.expires})",
        )


def verdict_of(finding: Finding) -> str:
    """A full sentence: the resource, what it has, and what it must have."""
    match finding:
        case Violation(resource=resource, has=has, must=must, part=part):
            return f"{resource} has {redacted(has, resource, but=part)}, and must have {must}."
        case Undecided(resource=resource, path=path):
            return f"{resource} has a value in {path} that only the update will tell, and must have one to judge now."


_WORD = re.compile(r"[A-Za-z]{1,15}")
"""The engine often marks a whole list as secret for one of its values: plain words of it are no secrets."""


def redacted(text: str, resource: Resource, *, but: str = "") -> str:
    """The text without any value that the resource holds as a secret, in case a rule printed it after all; ``but`` is
    what reports print anyway."""
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
    # The text of an arbitrary exception may hold a property's value, and so a secret: its kind and place do not.
    origin = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(origin.filename).name}:{origin.lineno}"
    return (
        f"Policy error: the rule {rule.id} broke on {resource} ({type(error).__name__} at {place}), so nobody knows "
        "whether it is satisfied. Fix: mend the rule, or disable it in the policy config."
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
