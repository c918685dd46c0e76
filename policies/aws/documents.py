"""Reading the JSON documents that say who may do what: IAM's, and those on resources."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model.expectations import within
from policies.model.properties import Known, Properties, Reading


def statements(document: Reading) -> Iterator[Properties]:
    """The statements of a document that is known; a single one need not be in a list."""
    match within(document, "Statement"):
        case Known(tuple() as elements):
            for element in elements:
                if isinstance(element, Known) and isinstance(element.value, Properties):
                    yield element.value
        case Known(Properties() as single):
            yield single


def texts(reading: Reading) -> frozenset[str]:
    """What a document writes as one text or as a list of them: actions, resources, values of a condition."""
    match reading:
        case Known(tuple() as elements):
            return frozenset(str(each.value) for each in elements if isinstance(each, Known))
        case Known(bool() as value):
            return frozenset({str(value).lower()})
        case Known(value) if not isinstance(value, Properties):
            return frozenset({str(value)})
    return frozenset()


def allows(statement: Properties) -> bool:
    """Whether it allows, and does not deny."""
    return statement.read("Effect") == Known("Allow")


def is_for_everybody(statement: Properties) -> bool:
    """Whether its principal is everybody, in either spelling."""
    principal = statement.read("Principal")
    return "*" in texts(principal) or "*" in texts(within(principal, "AWS"))


def conditions(statement: Properties) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Operator, key in lower case, and values of each condition; IAM's keys know no case."""
    match statement.read("Condition"):
        case Known(Properties() as operators):
            for operator in operators:
                match operators.read(operator):
                    case Known(Properties() as keys):
                        for key in keys:
                            yield operator, key.lower(), texts(keys.read(key))
