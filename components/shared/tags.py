"""The tags that every resource carries, so that a bill, a policy and a person can tell whose it is."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Who a resource belongs to. ``system`` is the row of the platform that it serves, such as ``database``."""

    client: str
    environment: str
    system: str = "platform"

    def for_system(self, system: str) -> Tags:
        """The same owner, another system."""
        return replace(self, system=system)

    def named(self, name: str) -> dict[str, str]:
        """The tags of one resource: the four that all have, and the name that the console shows."""
        return {"Name": f"{self.client}-{self.environment}-{name}", **self.unnamed()}

    def unnamed(self) -> dict[str, str]:
        """The same without a name: for what AWS itself names, and refuses to let anyone else."""
        return {
            "Client": self.client,
            "Environment": self.environment,
            "System": self.system,
            "ManagedBy": "pulumi",
        }
