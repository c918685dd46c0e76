"""The DNS zones of the platform: a public one, and one that only the VPC sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from settings.domains import DomainsSettings


@dataclass(frozen=True, kw_only=True)
class DomainsArgs:
    """The names of the two zones, and where the internal one is seen."""

    context: Context
    domains: DomainsSettings
    vpc_id: pulumi.Input[str]
    """The VPC that resolves the names of the internal zone."""


class Domains(pulumi.ComponentResource):
    """The public zone with the records of ``domains.records``, and the private zone that only the VPC sees.

    The domain is registered outside of AWS. Its registrar must point to ``name_servers``.
    """

    public_zone_id: pulumi.Output[str]
    internal_zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: DomainsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        public_domain, internal_domain = args.domains.public, args.domains.internal
        super().__init__("magento:network:Domains", name, {"public": public_domain, "internal": internal_domain}, opts)
        # A new zone gets other name servers, and the registrar would still point to the old ones.
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
        for record in args.domains.records:
            aws.route53.Record(
                f"{name}-{record.name}-{record.type.lower()}",
                zone_id=public.zone_id,
                name=record.name,
                type=record.type.value,
                ttl=record.ttl,
                records=record.texts,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
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
