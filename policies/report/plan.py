"""What the engine plans to do, from the events of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from commands.events import EngineEvents
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
"""The operation that each of the engine's steps belongs to. A replacement has three. Other steps change nothing."""

OPERATIONS = ("create", "import", "update", "replace", "delete")


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource. ``because`` names the properties whose change makes a replacement necessary.

    ``smaller`` names the properties that are a smaller number than before.
    """

    urn: str
    token: str
    operation: str
    """One of ``OPERATIONS``."""
    because: tuple[str, ...] = ()
    smaller: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        """The resource as rules and their messages know it, without its properties."""
        name = self.urn.split("::", 3)[3]
        return Resource(urn=self.urn, token=self.token, name=name, properties=Properties.of({}))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A finished run of the engine."""

    changes: tuple[Change, ...]
    """One for each resource: deletions and replacements first, otherwise in the engine's order."""
    errors: tuple[str, ...]
    """To show now and to write to no file: they are the provider's words and may hold anything."""
    finished: bool
    """Whether the engine came to its own summary."""

    @classmethod
    def from_events(cls, events: EngineEvents) -> Plan:
        """The plan that the engine reported."""
        changes: dict[str, Change] = {}
        for step in events.steps:
            operation = _OPERATIONS.get(step.operation)
            if operation is None:
                continue
            known = changes.get(step.urn)
            # The deletion of an old copy is part of its replacement.
            if known is not None and "replace" in (operation, known.operation):
                operation = "replace"
            because = step.keys or (known.because if known else ())
            changes[step.urn] = Change(
                urn=step.urn, token=step.type, operation=operation, because=because, smaller=step.smaller
            )
        in_order = sorted(changes.values(), key=lambda each: -OPERATIONS.index(each.operation))
        return cls(changes=tuple(in_order), errors=tuple(events.errors), finished=events.finished)

    @property
    def counts(self) -> dict[str, int]:
        """How many resources each operation is planned for."""
        counted = Counter(each.operation for each in self.changes)
        return {operation: counted[operation] for operation in OPERATIONS}

    def of(self, *operations: str) -> Iterator[Change]:
        """The changes of these operations."""
        return (each for each in self.changes if each.operation in operations)
