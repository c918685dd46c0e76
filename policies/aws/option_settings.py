"""Reads the option settings of a Beanstalk environment: a flat list of namespace, name and value."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from policies.model.expectations import accepted, within
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings

_SETTINGS = "settings"


class OptionSettings:
    """The settings of one environment.

    If the list, or the name of one setting in it, is unknown, every option that is not found reads as unknown.
    Beanstalk accepts true and True, so ``is_true`` and ``text`` ignore case.
    """

    def __init__(self, properties: Properties) -> None:
        self._values: dict[tuple[str, str], Reading] = {}
        self._missing: Reading = Absent()
        for setting in properties.each(_SETTINGS):
            match within(setting, "namespace"), within(setting, "name"):
                case Known(namespace), Known(name):
                    self._values[namespace, name] = within(setting, "value")
                case _:
                    self._missing = Unknown()

    def read(self, namespace: str, name: str) -> Reading:
        """The value of one option, as it is written."""
        return self._values.get((namespace, name), self._missing)

    def text(self, namespace: str, name: str, default: str = "") -> str:
        """The value in lower case; ``default`` if it is absent or unknown."""
        match self.read(namespace, name):
            case Known(value):
                return str(value).lower()
        return default

    def is_true(self, namespace: str, name: str, *, default: bool = False) -> bool:
        """Whether the option is on; ``default`` if it is absent or unknown."""
        return self.text(namespace, name, str(default).lower()) == "true"

    def options(self, namespace: str) -> dict[str, Reading]:
        """The options of one namespace that are known to be there, by name."""
        return {name: value for (space, name), value in self._values.items() if space == namespace}

    def namespaces(self, prefix: str) -> tuple[str, ...]:
        """The namespaces with a prefix, sorted."""
        return tuple(sorted({namespace for namespace, _ in self._values if namespace.startswith(prefix)}))

    @property
    def is_unknown(self) -> bool:
        """Whether there may be more settings than those that are known."""
        return isinstance(self._missing, Unknown)


def settings_of(environment: Resource) -> OptionSettings:
    """An environment's settings, read once for all the rules that ask about it."""
    return _settings_in(environment.properties)


_settings_in = lru_cache(maxsize=32)(OptionSettings)


def option(
    environment: Resource,
    namespace: str,
    name: str,
    is_accepted: Callable[[str], bool],
    expected: str,
    *,
    absent_is_accepted: bool = False,
) -> Findings:
    """One option's value, in lower case, must satisfy a condition. ``expected`` says which values do."""
    path = f"{namespace} {name}"
    yield from accepted(
        environment,
        path,
        settings_of(environment).read(namespace, name),
        lambda value: is_accepted(str(value).lower()),
        expected,
        absent_is_accepted=absent_is_accepted,
    )


def option_is_off(environment: Resource, namespace: str, name: str) -> Findings:
    """One option must not be on. Beanstalk's default is off."""
    yield from option(environment, namespace, name, lambda value: value == "false", "false", absent_is_accepted=True)


def option_at_least(environment: Resource, namespace: str, name: str, number: int) -> Findings:
    """One option must be a number, and no smaller than this one."""
    yield from option(
        environment, namespace, name, lambda value: value.isdigit() and int(value) >= number, f"{number} or more"
    )


def require_option(namespace: str, name: str, value: str) -> Callable[[Resource, Config], Findings]:
    """The check of a rule that asks one option to be one value."""

    def check(environment: Resource, _: Config) -> Findings:
        yield from option(environment, namespace, name, lambda found: found == value.lower(), value)

    return check
