"""Finds the line of the stack file that describes a resource."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from policies.engine.outcome import Outcome
from policies.report.engine import PROJECT

_NAMESPACE = "magento:"


def name_of(stack: str) -> str:
    """The file's path in the repository, where code scanning looks for it."""
    return f"Pulumi.{stack}.yaml"


def line_of(outcome: Outcome, stack: str, project: Path = PROJECT) -> int:
    """The line of the key or entry with the longest name that the resource's name contains; 1 where there is none.

    Components are named after what they come from: ``site-database-instance`` comes from ``database`` in
    ``magento:site``, and ``operations-gateway-server-instance`` from ``magento:gateway``.
    """
    try:
        document = yaml.compose((project / name_of(stack)).read_text())
    except (OSError, yaml.YAMLError):
        return 1
    resource = outcome.urn.split("::")[3] if outcome.urn.count("::") >= 3 else ""
    matching = [(name, line) for name, line in _names(document) if f"-{name}-" in f"-{resource}-"]
    return max(matching, key=lambda each: len(each[0]), default=("", 1))[1]


def _names(document: yaml.Node | None) -> Iterator[tuple[str, int]]:
    match document:
        case yaml.MappingNode(value=[*pairs]):
            for key, value in pairs:
                if key.value == "config":
                    for setting, content in value.value:
                        if setting.value.startswith(_NAMESPACE):
                            yield from _section(setting.value.removeprefix(_NAMESPACE), setting, content)


def _section(name: str, key: yaml.Node, content: yaml.Node) -> Iterator[tuple[str, int]]:
    name = name.replace("_", "-")
    yield name, key.start_mark.line + 1
    match content:
        case yaml.MappingNode(value=[*pairs]):
            for inner, value in pairs:
                yield from _section(f"{name}-{inner.value}", inner, value)
        case yaml.SequenceNode(value=[*entries]):
            for entry in entries:
                if isinstance(entry, yaml.MappingNode):
                    for inner, value in entry.value:
                        if inner.value == "name" and isinstance(value, yaml.ScalarNode):
                            yield value.value, inner.start_mark.line + 1
