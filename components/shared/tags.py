"""The tags that every resource carries, so that a bill, a policy and a person can tell whose it is."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Who a resource belongs to. ``system`` is the part of the platform that it serves, such as ``database``."""

    client: str
    environment: str
    system: str = "platform"
    container: str = ""
    """The logical name of the component that only holds others together. The console's names leave it out."""

    def for_system(self, system: str) -> Tags:
        """The same owner, another system."""
        return replace(self, system=system)

    def inside(self, container: str) -> Tags:
        """The same owner, for the children of a component that only holds others together."""
        return replace(self, container=container)

    @property
    def owner(self) -> str:
        """The first part of every name that people know: client and environment."""
        return f"{self.client}-{self.environment}"

    def named(self, name: str) -> dict[str, str]:
        """The tags of one resource: the four that all have, and the name that the console shows."""
        return {"Name": f"{self.owner}-{self.shown(name)}", **self.unnamed()}

    def shown(self, name: str) -> str:
        """A logical name as the console shows it."""
        return name.removeprefix(f"{self.container}-") if self.container else name

    def unnamed(self) -> dict[str, str]:
        """The same without a name, for resources that AWS names itself."""
        return {
            "Client": self.client,
            "Environment": self.environment,
            "System": self.system,
            "ManagedBy": "pulumi",
        }
