"""What the sites of one VPC share: network, zones, certificate and buckets."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.network.certificate import Certificate, CertificateArgs
from components.network.domains import Domains, DomainsArgs
from components.network.network import Network, NetworkArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.shared.buckets import Buckets, BucketsArgs
from components.shared.context import Context
from components.shared.cost_report import CostReport, CostReportArgs
from components.shared.session_manager import SessionManager, SessionManagerArgs
from settings.bucket import Purpose
from settings.certificate_files import ImportedCertificate
from settings.shared_platform import SharedPlatformSettings


@dataclass(frozen=True, kw_only=True)
class SharedPlatformArgs:
    """The settings of the parts that sites share."""

    context: Context
    settings: SharedPlatformSettings
    certificate: ImportedCertificate
    """The contents of the files that ``settings.certificate`` names."""


class SharedPlatform(pulumi.ComponentResource):
    """Everything that the sites of one VPC share. Sites get it as ``outputs``.

    Produces ``Network``, ``Domains``, ``Certificate``, ``Buckets`` and, if the settings ask for them, ``CostReport``
    and ``SessionManager``.
    """

    network: Network
    domains: Domains
    outputs: SharedPlatformOutputs

    def __init__(self, name: str, args: SharedPlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings = args.settings
        super().__init__("magento:network:SharedPlatform", name, {"public_domain": settings.domains.public}, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context.inside(name)
        self.network = Network(
            f"{name}-network",
            NetworkArgs(
                context=context.for_system("network"),
                network=settings.network,
                zones=settings.zones,
                vpn_links=settings.vpn_links,
            ),
            opts=child,
        )
        self.domains = Domains(
            f"{name}-domains",
            DomainsArgs(context=context.for_system("dns"), domains=settings.domains, vpc_id=self.network.vpc_id),
            opts=child,
        )
        certificate = Certificate(
            f"{name}-certificate",
            CertificateArgs(context=context.for_system("certificate"), files=args.certificate),
            opts=child,
        )
        buckets = Buckets(
            f"{name}-buckets",
            BucketsArgs(context=context.for_system("storage"), buckets=settings.buckets),
            opts=child,
        )
        if settings.cost_report:
            CostReport(
                f"{name}-cost-report",
                CostReportArgs(
                    context=context.for_system("billing"),
                    report=settings.cost_report,
                    bucket_name=buckets.name_for(Purpose.COST_REPORTS),
                ),
                opts=child,
            )
        if settings.session_manager:
            SessionManager(
                f"{name}-session-manager",
                SessionManagerArgs(context=context.for_system("session-manager"), settings=settings.session_manager),
                opts=child,
            )
        self.outputs = SharedPlatformOutputs(
            first_zone=settings.zones[0],
            internal_domain=settings.domains.internal,
            vpc_id=self.network.vpc_id,
            public_subnet_ids=self.network.public_subnet_ids,
            private_subnet_ids=self.network.private_subnet_ids,
            zone_count=len(settings.zones),
            network_cidr=str(settings.network.cidr),
            internal_zone_id=self.domains.internal_zone_id,
            public_zone_id=self.domains.public_zone_id,
            certificate_arn=certificate.arn,
            cloudfront_certificate_arn=certificate.cloudfront_arn,
            configuration_bucket=buckets.name_for(Purpose.SITE_CONFIGURATION),
            releases_bucket=buckets.name_for(Purpose.RELEASES),
            releases_key_arn=context.key_arn,
            access_logs_bucket=buckets.name_for(Purpose.LOAD_BALANCER_LOGS),
            delivery_logs_bucket=buckets.find(Purpose.CONTENT_DELIVERY_LOGS),
        )
        self.register_outputs({"vpc_id": self.network.vpc_id})
