"""The place of a database, cache or search engine in the network, and its clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.network.security_group import IngressRule, SecurityGroup, SecurityGroupArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.shared.context import Context


@dataclass(frozen=True, kw_only=True)
class DataStorePlacement:
    """A place in the private subnets."""

    context: Context
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    zone_count: pulumi.Input[int]
    """How many availability zones the subnets are in: one each."""
    clients: Mapping[str, pulumi.Input[str]]
    """The security groups that may connect, by name."""

    @staticmethod
    def private(
        context: Context, shared: SharedPlatformOutputs, clients: Mapping[str, pulumi.Input[str]]
    ) -> DataStorePlacement:
        """A place in the shared network's private subnets."""
        return DataStorePlacement(
            context=context,
            vpc_id=shared.vpc_id,
            subnet_ids=shared.private_subnet_ids,
            zone_count=shared.zone_count,
            clients=clients,
        )

    def open_to_clients(self, name: str, *, port: int, service: str, parent: pulumi.Resource) -> SecurityGroup:
        """The security group of the store. It allows ``port`` from each client, no other ingress and no egress."""
        return SecurityGroup(
            name,
            SecurityGroupArgs(
                context=self.context,
                vpc_id=self.vpc_id,
                description=f"{service} from the servers of its own application only",
                ingress=tuple(
                    IngressRule(name=client, port=port, from_group=group_id, reason=f"{service} from {client}")
                    for client, group_id in self.clients.items()
                ),
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )
