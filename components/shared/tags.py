"""The tags of every resource, by which bills, policies and people see whose it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

BACKED_UP = "Backup"
"""The tag of what AWS Backup copies."""


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Who a resource belongs to."""

    client: str
    environment: str
    system: str = "platform"
    """The part of the platform that the resource serves, such as ``database``."""
    container: str = ""
    """The logical name of a component that only groups others. ``Name`` tags leave it out."""

    def for_system(self, system: str) -> Tags:
        """The same owner, another system."""
        return replace(self, system=system)

    def inside(self, container: str) -> Tags:
        """The same owner, for the children of a component that only groups others."""
        return replace(self, container=container)

    @property
    def owner(self) -> str:
        """Client and environment: the first part of every physical name and ``Name`` tag."""
        return f"{self.client}-{self.environment}"

    def named(self, name: str) -> dict[str, str]:
        """The tags of one resource: the four common ones, and the ``Name`` that the console shows."""
        return {"Name": f"{self.owner}-{self.shown(name)}", **self.unnamed()}

    def backed_up(self, name: str) -> dict[str, str]:
        """The tags of a volume or a database that AWS Backup copies."""
        return {**self.named(name), BACKED_UP: "yes"}

    def shown(self, name: str) -> str:
        """A logical name as the console shows it."""
        return name.removeprefix(f"{self.container}-") if self.container else name

    def unnamed(self) -> dict[str, str]:
        """The four common tags, for resources that get their ``Name`` from AWS."""
        return {
            "Client": self.client,
            "Environment": self.environment,
            "System": self.system,
            "ManagedBy": "pulumi",
        }
