"""Types whose values are made once, from their inputs, and live in the stack's state alone (the random provider)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from sandbox.provider.adapter import Adapter, Property, Values
from sandbox.provider.errors import ProviderError
from sandbox.provider.lifecycle import Found
from sandbox.provider.values import UNKNOWN


class Generated(Adapter):
    """One such type. Every input replaces, so nothing is ever updated, read or deleted anywhere."""

    service: ClassVar[str] = ""

    def generate(self, inputs: Values) -> tuple[str, Values]:
        """The new resource's id and outputs."""
        raise NotImplementedError

    def recognise(self, import_id: str) -> tuple[str, Values]:
        """The id and properties of what a person imports. Raises ``ValueError`` when ``import_id`` is not such a
        value."""
        raise ProviderError(f"{self.token} cannot be imported in the sandbox")


@dataclass(frozen=True, kw_only=True)
class GeneratedLifecycle:
    """The same six steps as ``Lifecycle``, without an AWS."""

    adapter: Generated

    def plan_create(self, inputs: Values) -> Values:
        return dict.fromkeys(self.adapter.outputs, UNKNOWN) | inputs

    def create(self, inputs: Values) -> tuple[str, Values]:
        id, outputs = self.adapter.generate(inputs)
        return id, inputs | outputs

    def read(self, id: str, state: Values, inputs: Values) -> Found | None:
        if state:
            return Found(id=id, properties=state, inputs=inputs)
        try:
            own_id, properties = self.adapter.recognise(id)
        except ValueError as error:
            raise ProviderError(f"{id!r} cannot be imported as {self.adapter.token}: {error}") from error
        inputs = {name: properties[name] for name in self.adapter.properties if name in properties}
        return Found(id=own_id, properties=properties, inputs=inputs)

    def plan_update(self, state: Values, old_inputs: Values, news: Values) -> Values:
        return state | news

    def update(self, id: str, state: Values, old_inputs: Values, news: Values, ignored: Collection[str] = ()) -> Values:
        return state | news

    def delete(self, id: str, state: Values) -> None:
        """Forgetting it in the state is all there is to do."""


KEEPERS = Property(replaces=True)
"""Arbitrary values whose change makes a new one."""
