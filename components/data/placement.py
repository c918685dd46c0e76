"""Where a data store lives, who reaches it, and what keeps its data: the same for databases, caches and search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.network.security_group import Admission, SecurityGroup, SecurityGroupArgs
from components.shared.tags import Tags


@dataclass(frozen=True, kw_only=True)
class DataStorePlacement:
    """``clients`` maps a name to the security group that may connect: nobody else can. ``protect`` turns on everything
    that keeps the data from being deleted."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    clients: Mapping[str, pulumi.Input[str]]
    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags

    def admit_clients(self, name: str, *, port: int, service: str, parent: pulumi.Resource) -> SecurityGroup:
        """The store's security group: ``port`` from each client and nothing else, no way out."""
        return SecurityGroup(
            name,
            SecurityGroupArgs(
                vpc_id=self.vpc_id,
                description=f"{service} from the servers of its own application only",
                admits=tuple(
                    Admission(name=client, port=port, from_group=group_id, reason=f"{service} from {client}")
                    for client, group_id in self.clients.items()
                ),
                tags=self.tags,
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )
