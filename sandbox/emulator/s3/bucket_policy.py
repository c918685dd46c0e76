"""Evaluates a bucket policy: does it allow or deny a request?

A statement whose condition has an unknown key or operator does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Statement = Mapping[str, Any]


class Verdict(Enum):
    ALLOWED = "allowed"
    DENIED = "denied"
    NEUTRAL = "neutral"


@dataclass(frozen=True, kw_only=True)
class AccessRequest:
    """Who does what to which bucket or object."""

    action: str
    resource: str
    principals: frozenset[str]
    """All names that a policy may have for the caller: an account's id or ARN, or a service's name."""
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys in lower case, and their values."""
    presumed: frozenset[str] = frozenset()
    """Condition keys, in lower case, whose conditions count as met."""


def evaluate(policy: Mapping[str, Any], request: AccessRequest) -> Verdict:
    """The verdict of a policy. An explicit Deny wins."""
    effects = {statement["Effect"] for statement in _listed(policy["Statement"]) if _applies(statement, request)}
    if "Deny" in effects:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in effects else Verdict.NEUTRAL


def _applies(statement: Statement, request: AccessRequest) -> bool:
    return (
        _concerns(statement, "Action", request.action, ignore_case=True)
        and _concerns(statement, "Resource", request.resource)
        and _names(statement, request.principals)
        and all(
            _holds(operator, key.lower(), _listed(expected), request)
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    )


def _concerns(statement: Statement, element: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether ``value`` matches a pattern of an element (``Action``), or none of its negation (``NotAction``)."""
    if element in statement:
        return any(_like(pattern, value, ignore_case=ignore_case) for pattern in _listed(statement[element]))
    excluded = _listed(statement.get(f"Not{element}", "*"))
    return not any(_like(pattern, value, ignore_case=ignore_case) for pattern in excluded)


def _names(statement: Statement, principals: frozenset[str]) -> bool:
    named = statement.get("Principal", {})  # NotPrincipal would need all identities of the caller
    if named == "*":
        return True
    values = [value for kind in named.values() for value in _listed(kind)]
    return any(value == "*" or value in principals for value in values)


def _holds(operator: str, key: str, expected: list[Any], request: AccessRequest) -> bool:
    if key in request.presumed:
        return True
    base, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    value = request.context.get(key)
    if base == "Null":
        return [str(wanted).lower() for wanted in expected] == [str(value is None).lower()] and key in KNOWN_KEYS
    if base not in OPERATORS or key not in KNOWN_KEYS:
        return False
    test, negated = OPERATORS[base]
    if value is None:
        return if_exists or negated  # a negated operator matches where the key is absent
    return any(test(str(wanted), value) for wanted in expected) is not negated


def _like(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def _same(wanted: str, value: str) -> bool:
    return wanted == value


def _same_ignoring_case(wanted: str, value: str) -> bool:
    return wanted.lower() == value.lower()


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    """Compares the number of the request with that of the policy, in this order."""
    return lambda wanted, value: compare(float(value), float(wanted))


OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "Bool": (_same_ignoring_case, False),
    "StringEquals": (_same, False),
    "StringNotEquals": (_same, True),
    "StringEqualsIgnoreCase": (_same_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_same_ignoring_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_like, False),
    "ArnNotEquals": (_like, True),
    "ArnLike": (_like, False),
    "ArnNotLike": (_like, True),
    "NumericLessThan": (_number(float.__lt__), False),
    "NumericGreaterThanEquals": (_number(float.__ge__), False),
}
"""How an operator compares the policy's value with the request's, and whether it is negated."""

KNOWN_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "s3:tlsversion",
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:x-amz-storage-class",
    }
)


def _listed(value: Any) -> list[Any]:
    """A list, also where a policy has a single element without one."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]
