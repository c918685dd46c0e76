"""What a site stands on, whoever made it: its own stack or the one that it joins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.data.placement import DataStorePlacement
from components.servers.server import ServerPlacement
from components.shared.tags import Tags

_OUTPUT = "foundation"


@dataclass(frozen=True, kw_only=True)
class ServerSite:
    """What config says of where single servers live: the region, the first zone and the internal domain's name."""

    region: str
    availability_zone: str
    internal_domain: str


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """The network, zone, certificate and buckets that the sites of one VPC share.

    A stack that owns them shares them with ``export``; a stack that joins reads them with ``of_stack``.
    """

    vpc_id: pulumi.Input[str]
    public_subnet_ids: pulumi.Input[list[str]]
    private_subnet_ids: pulumi.Input[list[str]]
    network_cidr: pulumi.Input[str]
    public_zone_id: pulumi.Input[str]
    internal_zone_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    cloudfront_certificate_arn: pulumi.Input[str]
    configuration_bucket: pulumi.Input[str]
    access_logs_bucket: pulumi.Input[str]
    delivery_logs_bucket: pulumi.Input[str] | None = None
    """For CloudFront's logs, known to the stack that owns it alone."""

    def export(self) -> None:
        """Make it the stack output by which other stacks find it."""
        pulumi.export(_OUTPUT, vars(self))

    def place_privately(
        self, *, clients: Mapping[str, pulumi.Input[str]], key_arn: pulumi.Input[str], protect: bool, tags: Tags
    ) -> DataStorePlacement:
        """A place in the private subnets for a data store that only ``clients`` reach."""
        return DataStorePlacement(
            vpc_id=self.vpc_id,
            subnet_ids=self.private_subnet_ids,
            clients=clients,
            key_arn=key_arn,
            protect=protect,
            tags=tags,
        )

    def place_server(
        self, *, is_public: bool, at: ServerSite, key_arn: pulumi.Input[str], protect: bool, tags: Tags
    ) -> ServerPlacement:
        """A place in the first public or private subnet, where by convention all lives that needs no availability."""
        subnet_ids = self.public_subnet_ids if is_public else self.private_subnet_ids
        return ServerPlacement(
            vpc_id=self.vpc_id,
            subnet_id=pulumi.Output.from_input(subnet_ids).apply(lambda ids: ids[0]),
            availability_zone=at.availability_zone,
            internal_zone_id=self.internal_zone_id,
            internal_domain=at.internal_domain,
            region=at.region,
            key_arn=key_arn,
            protect=protect,
            tags=tags,
        )

    @staticmethod
    def of_stack(stack: str) -> Foundation:
        """What the named stack of this project shares. The engine fails, naming it, when it does not exist yet."""
        reference = pulumi.StackReference(f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}")
        shared = reference.require_output(_OUTPUT)

        def field(name: str) -> pulumi.Output[str]:
            return shared.apply(lambda fields: fields[name])

        def ids(name: str) -> pulumi.Output[list[str]]:
            return shared.apply(lambda fields: fields[name])

        return Foundation(
            vpc_id=field("vpc_id"),
            public_subnet_ids=ids("public_subnet_ids"),
            private_subnet_ids=ids("private_subnet_ids"),
            network_cidr=field("network_cidr"),
            public_zone_id=field("public_zone_id"),
            internal_zone_id=field("internal_zone_id"),
            certificate_arn=field("certificate_arn"),
            cloudfront_certificate_arn=field("cloudfront_certificate_arn"),
            configuration_bucket=field("configuration_bucket"),
            access_logs_bucket=field("access_logs_bucket"),
        )
