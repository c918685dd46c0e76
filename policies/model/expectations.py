"""What rules mostly ask of one property, with the same sentence for the same fault."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, Undecided, Violation


def within(reading: Reading, *path: str) -> Reading:
    """A property of an object that is itself a reading, such as an element of a list."""
    match reading:
        case Known(Properties() as properties):
            return properties.read(*path)
        case Unknown():
            return reading
    return Absent()


def shown(reading: Reading) -> str:
    """A value fit to print: not a secret one, and not one that is not known yet."""
    match reading:
        case Known(secret=True):
            return "[secret]"
        case Known(Properties()):
            return "an object"
        case Known(bool() as value):
            return str(value).lower()
        case Known(tuple() as elements):
            return f"[{', '.join(shown(each) for each in elements)}]"
        case Known(value):
            return str(value)
        case Unknown():
            return "[unknown]"
    return "nothing"


def accepted(
    resource: Resource,
    path: str,
    reading: Reading,
    is_accepted: Callable[[Any], bool],
    must: str,
    *,
    absent_is_accepted: bool = False,
) -> Findings:
    """A reading whose value must satisfy a condition. ``must`` completes "must have …"; ``path`` is for the message."""
    match reading:
        case Known(value):
            if not is_accepted(value):
                yield Violation(resource=resource, has=f"{path} {shown(reading)}", must=must, part=path)
        case Absent():
            if not absent_is_accepted:
                yield Violation(resource=resource, has=f"no {path}", must=must, part=path)
        case Unknown():
            yield Undecided(resource=resource, path=path)


def _read(resource: Resource, path: str) -> Reading:
    return resource.properties.read(*path.split("."))


def is_(resource: Resource, path: str, value: Any) -> Findings:
    """The property at a dotted path must be there, and be exactly this value."""
    must = f"{path} {shown(Known(value))}"
    yield from accepted(resource, path, _read(resource, path), lambda found: bool(found == value), must)


def is_not(resource: Resource, path: str, value: Any) -> Findings:
    """The property must not be this value; absent is as good as any other."""
    must = f"another {path}" if not isinstance(value, bool) else f"{path} {shown(Known(not value))}"
    yield from accepted(
        resource, path, _read(resource, path), lambda found: bool(found != value), must, absent_is_accepted=True
    )


def one_of(resource: Resource, path: str, reading: Reading, values: Collection[str]) -> Findings:
    """A reading must be there, and one of these texts."""
    yield from accepted(
        resource, path, reading, lambda found: found in values, f"{path} {' or '.join(sorted(map(str, values)))}"
    )


def at_least(resource: Resource, path: str, number: float) -> Findings:
    """The property must be there, and no smaller."""
    yield from accepted(
        resource,
        path,
        _read(resource, path),
        lambda found: isinstance(found, int | float) and found >= number,
        f"{path} of at least {number}",
    )


def is_set(resource: Resource, *paths: str) -> Findings:
    """One of these properties must be there and not empty; a value that only the update will tell is a value too."""
    if all(_read(resource, path) in (Absent(), Known(""), Known(())) for path in paths):
        yield Violation(resource=resource, has=f"no {' or '.join(paths)}", must="one", part=paths[0])


def require(path: str, value: Any) -> Callable[[Resource, Config], Findings]:
    """The check of a rule that asks one property to be exactly one value."""

    def check(resource: Resource, _: Config) -> Findings:
        yield from is_(resource, path, value)

    return check
