"""What most rules ask of one property. The same fault gets the same sentence everywhere.

A message reads "<resource>: got <got>, expected <expected>.": ``got publicly_accessible=True, expected False``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, Undecided, Violation

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def spelled(path: str) -> str:
    """A property's path as a program spells it: ``vpcOptions.subnetIds`` gives ``vpc_options.subnet_ids``.

    Keys of tags and of documents, and Beanstalk's options, stay as they are: ``tags.System``, ``aws:ec2:vpc Subnets``.
    """
    if ":" in path or " " in path:
        return path
    return ".".join(_WORD_START.sub("_", name).lower() if name[:1].islower() else name for name in path.split("."))


def within(reading: Reading, *path: str) -> Reading:
    """A property of an object that is itself a reading, such as an element of a list."""
    match reading:
        case Known(Properties() as properties):
            return properties.read(*path)
        case Unknown():
            return reading
    return Absent()


def shown(reading: Reading) -> str:
    """A value fit to print. Secret values and values that are not known yet are replaced."""
    match reading:
        case Known(secret=True):
            return "[secret]"
        case Known(Properties()):
            return "an object"
        case Known(tuple() as elements):
            return f"[{', '.join(shown(each) for each in elements)}]"
        case Known(value):
            return str(value) or "''"
        case Unknown():
            return "[unknown]"
    return "nothing"


def accepted(
    resource: Resource,
    path: str,
    reading: Reading,
    is_accepted: Callable[[Any], bool],
    expected: str,
    *,
    absent_is_accepted: bool = False,
) -> Findings:
    """The value that was read at ``path`` must satisfy a condition. ``expected`` says which values do."""
    name = spelled(path)
    match reading:
        case Known(value):
            if not is_accepted(value):
                yield Violation(resource=resource, got=f"{name}={shown(reading)}", expected=expected, part=name)
        case Absent():
            if not absent_is_accepted:
                yield Violation(resource=resource, got=f"no {name}", expected=expected, part=name)
        case Unknown():
            yield Undecided(resource=resource, path=path)


def _read(resource: Resource, path: str) -> Reading:
    return resource.properties.read(*path.split("."))


def is_(resource: Resource, path: str, value: Any) -> Findings:
    """The property at a dotted path must be set to exactly this value."""
    yield from accepted(resource, path, _read(resource, path), lambda found: bool(found == value), shown(Known(value)))


def is_not(resource: Resource, path: str, value: Any) -> Findings:
    """The property must not have this value. It may be absent."""
    expected = f"{not value} or no value" if isinstance(value, bool) else "another value"
    yield from accepted(
        resource, path, _read(resource, path), lambda found: bool(found != value), expected, absent_is_accepted=True
    )


def one_of(resource: Resource, path: str, reading: Reading, values: Collection[str]) -> Findings:
    """The value that was read at ``path`` must be one of these texts."""
    yield from accepted(resource, path, reading, lambda found: found in values, " or ".join(sorted(map(str, values))))


def at_least(resource: Resource, path: str, number: float) -> Findings:
    """The property must be a number, and no smaller than this one."""
    yield from accepted(
        resource,
        path,
        _read(resource, path),
        lambda found: isinstance(found, int | float) and found >= number,
        f"{number} or more",
    )


def is_set(resource: Resource, *paths: str) -> Findings:
    """One of these properties must have a value that is not empty. A value that is not known yet counts."""
    if all(_read(resource, path) in (Absent(), Known(""), Known(())) for path in paths):
        names = [spelled(path) for path in paths]
        expected = "one of them" if len(names) > 1 else "a value"
        yield Violation(resource=resource, got=f"no {' or '.join(names)}", expected=expected, part=names[0])


def require(path: str, value: Any) -> Callable[[Resource, Config], Findings]:
    """The check of a rule that asks one property to have one value."""

    def check(resource: Resource, _: Config) -> Findings:
        yield from is_(resource, path, value)

    return check
