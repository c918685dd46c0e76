"""What the engine plans to do, read from what it reports while it plans it.

The engine prints one ``apitype.EngineEvent`` a line. Its debug messages hold secrets in plain text: nothing of an event
is kept but what this module says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.model.properties import Properties
from policies.model.resources import Resource

_OPERATIONS = {
    "create": "create",
    "import": "import",
    "update": "update",
    "delete": "delete",
    "discard": "delete",
    "create-replacement": "replace",
    "import-replacement": "replace",
    "replace": "replace",
    "delete-replaced": "replace",
    "discard-replaced": "replace",
}
"""The operation of each step. A replacement is reported as three steps; other steps change nothing."""

OPERATIONS = ("create", "import", "update", "replace", "delete")


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource. ``because`` names the properties whose change asks for its replacement."""

    urn: str
    token: str
    operation: str
    """One of ``OPERATIONS``."""
    because: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        """The resource as rules and their messages know it, without its properties."""
        name = self.urn.split("::", 3)[3]
        return Resource(urn=self.urn, token=self.token, name=name, properties=Properties.of({}))


@dataclass
class Plan:
    """One run of the engine so far."""

    errors: list[str] = field(default_factory=list)
    """For a person to read now. The provider's words: they go into no file."""
    finished: bool = False
    """Whether the engine came to its own summary."""
    _changes: dict[str, Change] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[Change, ...]:
        """One a resource, what takes something away first, otherwise in the engine's order."""
        return tuple(sorted(self._changes.values(), key=lambda each: -OPERATIONS.index(each.operation)))

    @property
    def counts(self) -> dict[str, int]:
        """How many resources each operation is planned for."""
        counted = Counter(each.operation for each in self._changes.values())
        return {operation: counted[operation] for operation in OPERATIONS}

    def of(self, *operations: str) -> Iterator[Change]:
        """The changes of these operations."""
        return (each for each in self.changes if each.operation in operations)

    def add_line(self, line: str) -> None:
        """Takes in one line of the engine's report."""
        event: Mapping[str, Any] = json.loads(line)
        match event:
            case {"resourcePreEvent": {"metadata": metadata}}:
                self._add_step(metadata)
            case {"diagnosticEvent": {"severity": "error"} as diagnostic}:
                self._add_error(diagnostic["message"].strip(), diagnostic.get("urn", ""))
            case {"summaryEvent": _}:
                self.finished = True

    def _add_step(self, metadata: Mapping[str, Any]) -> None:
        operation, urn = _OPERATIONS.get(metadata["op"]), metadata["urn"]
        if operation is None:
            return
        because = tuple(metadata.get("keys") or ())
        known = self._changes.get(urn)
        if known is not None:
            because = because or known.because
            # An old copy's deletion is part of its replacement.
            operation = "replace" if "replace" in (operation, known.operation) else operation
        self._changes[urn] = Change(urn=urn, token=metadata["type"], operation=operation, because=because)

    def _add_error(self, message: str, urn: str) -> None:
        if message:
            self.errors.append(f"{urn.rpartition('::')[2]}: {message}" if urn else message)
