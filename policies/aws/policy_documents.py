"""Reads JSON policy documents: those of IAM, and those on resources."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model.expectations import within
from policies.model.properties import Known, Properties, Reading


def statements(document: Reading) -> Iterator[Properties]:
    """The statements of a known document. A single statement may be outside a list."""
    match within(document, "Statement"):
        case Known(tuple() as elements):
            for element in elements:
                if isinstance(element, Known) and isinstance(element.value, Properties):
                    yield element.value
        case Known(Properties() as single):
            yield single


def texts(reading: Reading) -> frozenset[str]:
    """The texts of a value that may be one text or a list: actions, resources, values of a condition."""
    match reading:
        case Known(tuple() as elements):
            return frozenset(str(each.value) for each in elements if isinstance(each, Known))
        case Known(bool() as value):
            return frozenset({str(value).lower()})
        case Known(value) if not isinstance(value, Properties):
            return frozenset({str(value)})
    return frozenset()


def allows(statement: Properties) -> bool:
    """Whether the statement's effect is Allow."""
    return statement.read("Effect") == Known("Allow")


def is_for_everyone(statement: Properties) -> bool:
    """Whether the principal is ``*``, in either spelling."""
    principal = statement.read("Principal")
    return "*" in texts(principal) or "*" in texts(within(principal, "AWS"))


def conditions(statement: Properties) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Operator, key in lower case, and values of each condition; IAM's keys are not case-sensitive."""
    match statement.read("Condition"):
        case Known(Properties() as operators):
            for operator in operators:
                match operators.read(operator):
                    case Known(Properties() as keys):
                        for key in keys:
                            yield operator, key.lower(), texts(keys.read(key))
