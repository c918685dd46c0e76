"""Which of AWS Backup's selections take copies of a resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from policies.generated.aws_types import backup
from policies.model.expectations import within
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack

_TAG_KEY = "aws:ResourceTag/"
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "stringEquals": lambda value, pattern: value == pattern,
    "stringLikes": fnmatchcase,
    "stringNotEquals": lambda value, pattern: value != pattern,
    "stringNotLikes": lambda value, pattern: not fnmatchcase(value, pattern),
}


def selections_of(stack: Stack, resource: Resource, *, arn: str) -> Iterator[Resource]:
    """The selections that include a resource. An unknown tag counts as matching.

    ``arn`` has the form of the resource's own, such as ``arn:aws:rds:eu-west-3:123456789012:db:name``: a preview knows
    no ARN.
    """
    match resource.properties.read("arn"):
        case Known(str() as own):
            arn = own
    for selection in stack.of_type(backup.Selection):
        if _selects(selection, resource, arn):
            yield selection


def unclear_selections(stack: Stack) -> Iterator[Resource]:
    """The selections whose resources are unknown until the update, since they come from outside the stack."""
    for selection in stack.of_type(backup.Selection):
        named = tuple(selection.properties.each("resources"))
        if Unknown() in named and not selection.origins.get("resources"):
            yield selection


def _selects(selection: Resource, resource: Resource, arn: str) -> bool:
    properties = selection.properties
    # Tags add to the resources that a selection names, and conditions narrow both ("Assigning resources", AWS Backup).
    is_held = any(_has_tag(resource, tag, str.__eq__) for tag in properties.each("selectionTags")) or any(
        _names(selection, "resources", each, resource, arn) for each in properties.each("resources")
    )
    is_left_out = any(
        _names(selection, "notResources", each, resource, arn) for each in properties.each("notResources")
    )
    return (
        is_held
        and not is_left_out
        and all(
            _has_tag(resource, condition, comparison)
            for conditions in properties.each("conditions")
            for name, comparison in _COMPARISONS.items()
            for condition in _elements(within(conditions, name))
        )
    )


def _names(selection: Resource, property_name: str, pattern: Reading, resource: Resource, arn: str) -> bool:
    match pattern:
        case Known(value):
            return fnmatchcase(arn, str(value))
        case Unknown():
            return resource in selection.origins.get(property_name, ())
    return False


def _has_tag(resource: Resource, wanted: Reading, compare: Callable[[str, str], bool]) -> bool:
    match within(wanted, "key"), within(wanted, "value"):
        case Known(name), Known(value):
            match resource.properties.read("tags", str(name).removeprefix(_TAG_KEY)):
                case Known(has):
                    return compare(str(has), str(value))
                case Absent():
                    return compare("", str(value))
    return True


def _elements(reading: Reading) -> tuple[Reading, ...]:
    match reading:
        case Known(tuple() as elements):
            return elements
    return ()
