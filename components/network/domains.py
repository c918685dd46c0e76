"""The names of the platform: one zone that the world sees, one that only the network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.tags import Tags


@dataclass(frozen=True, kw_only=True)
class DomainsArgs:
    """``public`` and ``internal`` are zone names without a trailing dot, such as ``client.url``."""

    public: str
    internal: str
    vpc_id: pulumi.Input[str]
    protect: bool
    tags: Tags

    def __post_init__(self) -> None:
        if self.public == self.internal:
            raise ValueError(f"the internal domain must differ from the public one, got {self.internal} for both")


class Domains(pulumi.ComponentResource):
    """The public zone, and the private zone that AWS's resolvers answer inside the VPC alone.

    ``name_servers`` are what the registrar of the public domain must point to; the domain itself is not AWS's.
    """

    public_zone_id: pulumi.Output[str]
    internal_zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: DomainsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:index:Domains", name, {"public": args.public, "internal": args.internal}, opts)
        # A zone made anew gets other name servers, and the registrar would point at nothing.
        child = pulumi.ResourceOptions(parent=self, protect=args.protect)
        public = aws.route53.Zone(
            f"{name}-public",
            name=args.public,
            comment="The shop, as the world sees it",
            tags=args.tags.named(args.public),
            opts=child,
        )
        internal = aws.route53.Zone(
            f"{name}-internal",
            name=args.internal,
            comment="Servers, as the network sees them",
            vpcs=[aws.route53.ZoneVpcArgs(vpc_id=args.vpc_id)],
            tags=args.tags.named(args.internal),
            opts=child,
        )
        self.public_zone_id = public.zone_id
        self.internal_zone_id = internal.zone_id
        self.name_servers = public.name_servers
        self.register_outputs(
            {
                "public_zone_id": self.public_zone_id,
                "internal_zone_id": self.internal_zone_id,
                "name_servers": self.name_servers,
            }
        )
