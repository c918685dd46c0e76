"""The names of the platform: one zone that the world sees, one that only the network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from settings.domains import DomainsSettings


@dataclass(frozen=True, kw_only=True)
class DomainsArgs:
    """``vpc_id`` is the network in which the internal zone answers."""

    context: Context
    domains: DomainsSettings
    vpc_id: pulumi.Input[str]


class Domains(pulumi.ComponentResource):
    """The public zone, and the private zone that AWS's resolvers answer inside the VPC alone.

    ``name_servers`` are what the registrar of the public domain must point to; the domain itself is not AWS's.
    """

    public_zone_id: pulumi.Output[str]
    internal_zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: DomainsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        public_domain, internal_domain = args.domains.public, args.domains.internal
        super().__init__("magento:network:Domains", name, {"public": public_domain, "internal": internal_domain}, opts)
        # A zone made anew gets other name servers, and the registrar would point at nothing.
        child = pulumi.ResourceOptions(parent=self, protect=args.context.protect)
        public = aws.route53.Zone(
            f"{name}-public",
            name=public_domain,
            comment="The shop, as the world sees it",
            tags=args.context.tags.named(public_domain),
            opts=child,
        )
        internal = aws.route53.Zone(
            f"{name}-internal",
            name=internal_domain,
            comment="Servers, as the network sees them",
            vpcs=[aws.route53.ZoneVpcArgs(vpc_id=args.vpc_id)],
            tags=args.context.tags.named(internal_domain),
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
