"""The platform, read top to bottom: what a stack owns, or joins; then its site."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

import settings as configuration
from certificate_files import CertificateFiles
from components.bucket import Purpose
from components.buckets import Buckets, BucketsArgs
from components.certificate import Certificate, CertificateArgs
from components.domains import Domains, DomainsArgs
from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.foundation import Foundation
from components.magento_platform import MagentoPlatform, MagentoPlatformArgs
from components.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.network import Network, NetworkArgs
from components.tags import Tags
from components.vpn_link import VpnLinkArgs

settings = configuration.load()
tags = Tags(client=settings.client, environment=settings.environment)
account_id = aws.get_caller_identity_output().account_id

key = EncryptionKey(
    "key",
    EncryptionKeyArgs(region=settings.region, account_id=account_id, protect=settings.protect, tags=tags),
)


def own_foundation() -> Foundation:
    """Build the network and what the sites in it share."""
    assert settings.network.cidr  # settings.py has seen to these three
    assert settings.domains
    assert settings.certificate
    pem = CertificateFiles.read(**dict(settings.certificate), host_names=settings.site.host_names)
    network = Network(
        "network",
        NetworkArgs(
            region=settings.region,
            cidr=settings.network.cidr,
            zones=settings.zones,
            nat_gateways=settings.network.nat_gateways,
            vpn_links=tuple(VpnLinkArgs(**dict(link), tags=tags.for_system("vpn")) for link in settings.vpn_links),
            flow_log_retention_days=settings.network.flow_log_retention_days,
            key_arn=key.arn,
            tags=tags.for_system("network"),
        ),
    )
    domains = Domains(
        "domains",
        DomainsArgs(
            **dict(settings.domains), vpc_id=network.vpc_id, protect=settings.protect, tags=tags.for_system("dns")
        ),
    )
    certificate = Certificate("certificate", CertificateArgs(**vars(pem), tags=tags.for_system("certificate")))
    buckets = Buckets(
        "buckets",
        BucketsArgs(
            buckets=settings.buckets,
            account_id=account_id,
            key_arn=key.arn,
            protect=settings.protect,
            tags=tags.for_system("storage"),
        ),
    )
    pulumi.export("name_servers", domains.name_servers)
    pulumi.export("vpn_configurations", network.vpn_configurations)
    owned = Foundation(
        vpc_id=network.vpc_id,
        public_subnet_ids=network.public_subnet_ids,
        private_subnet_ids=network.private_subnet_ids,
        public_zone_id=domains.public_zone_id,
        certificate_arn=certificate.arn,
        configuration_bucket=buckets.name_for(Purpose.SITE_CONFIGURATION),
        access_logs_bucket=buckets.name_for(Purpose.LOAD_BALANCER_LOGS),
    )
    owned.export()
    return owned


foundation = Foundation.of_stack(settings.network.stack) if settings.network.stack else own_foundation()
if settings.shared_database:
    shared_database = MySqlDatabase(
        "shared-database",
        MySqlDatabaseArgs(
            placement=foundation.place_privately(
                clients={}, key_arn=key.arn, protect=settings.protect, tags=tags.for_system("shared-database")
            ),
            database_name="satellites",
            username="satellites",
            size=settings.shared_database,
        ),
    )
    pulumi.export("shared_database_endpoint", shared_database.endpoint)
site = MagentoPlatform(
    "site",
    MagentoPlatformArgs(
        foundation=foundation,
        site=settings.site,
        key_arn=key.arn,
        protect=settings.protect,
        tags=tags,
    ),
)

pulumi.export("site_address", site.address)
pulumi.export("load_balancer", site.load_balancer.dns_name)
pulumi.export("hold_rules", site.load_balancer.hold_rule_arns)
pulumi.export("beanstalk_application", site.application.application_name)
pulumi.export("front_environment", site.front.environment_name)
pulumi.export("back_office_environment", site.back_office.environment_name)
pulumi.export("database_endpoint", site.database.endpoint)
pulumi.export("cache_address", site.cache.address)
pulumi.export("search_address", site.search.address)
pulumi.export("configuration_object", site.configuration.uri)
