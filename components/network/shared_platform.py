"""The ground that a stack lays for the sites in its VPC: network, zones, certificate and buckets."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.network.certificate import Certificate, CertificateArgs
from components.network.domains import Domains, DomainsArgs
from components.network.network import Network, NetworkArgs
from components.network.shared_platform_outputs import Foundation
from components.shared.buckets import Buckets, BucketsArgs
from components.shared.cost_report import CostReportExport, CostReportExportArgs
from components.shared.tags import Tags
from settings.bucket import BucketSettings, Purpose
from settings.cost_report import CostReportSettings


@dataclass(frozen=True, kw_only=True)
class LandingZoneArgs:
    """``public_domain`` and ``internal_domain`` are zone names; the buckets must have one for the sites' configuration
    and one for the load balancers' logs, and for a cost report one more."""

    network: NetworkArgs
    certificate: CertificateArgs
    public_domain: str
    internal_domain: str
    buckets: tuple[BucketSettings, ...]
    cost_report: CostReportSettings | None = None
    account_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags


class LandingZone(pulumi.ComponentResource):
    """Everything that the sites of one VPC share, made once. ``foundation`` is what a site takes of it."""

    network: Network
    domains: Domains
    foundation: Foundation

    def __init__(self, name: str, args: LandingZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:index:LandingZone", name, {"public_domain": args.public_domain}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.network = Network("network", args.network, opts=child)
        self.domains = Domains(
            "domains",
            DomainsArgs(
                public=args.public_domain,
                internal=args.internal_domain,
                vpc_id=self.network.vpc_id,
                protect=args.protect,
                tags=args.tags.for_system("dns"),
            ),
            opts=child,
        )
        certificate = Certificate("certificate", args.certificate, opts=child)
        buckets = Buckets(
            "buckets",
            BucketsArgs(
                buckets=args.buckets,
                account_id=args.account_id,
                key_arn=args.key_arn,
                protect=args.protect,
                tags=args.tags.for_system("storage"),
            ),
            opts=child,
        )
        if args.cost_report:
            CostReportExport(
                "cost-report",
                CostReportExportArgs(
                    report=args.cost_report,
                    bucket_name=buckets.name_for(Purpose.COST_REPORTS),
                    bucket_region=args.network.region,
                    account_id=args.account_id,
                    tags=args.tags.for_system("billing"),
                ),
                opts=child,
            )
        self.foundation = Foundation(
            vpc_id=self.network.vpc_id,
            public_subnet_ids=self.network.public_subnet_ids,
            private_subnet_ids=self.network.private_subnet_ids,
            network_cidr=str(args.network.cidr),
            internal_zone_id=self.domains.internal_zone_id,
            public_zone_id=self.domains.public_zone_id,
            certificate_arn=certificate.arn,
            cloudfront_certificate_arn=certificate.cloudfront_arn,
            configuration_bucket=buckets.name_for(Purpose.SITE_CONFIGURATION),
            access_logs_bucket=buckets.name_for(Purpose.LOAD_BALANCER_LOGS),
            delivery_logs_bucket=buckets.find(Purpose.CONTENT_DELIVERY_LOGS),
        )
        self.register_outputs({"vpc_id": self.network.vpc_id})
