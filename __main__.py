"""The platform, read top to bottom: what a stack owns, or joins; then its site."""

from __future__ import annotations

import gc
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.data.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.delivery.content_delivery import ContentDelivery, ContentDeliveryArgs
from components.monitoring.monitoring_suite import MonitoredSite, MonitoringSuite, MonitoringSuiteArgs
from components.network.certificate import CertificateArgs
from components.network.network import NetworkArgs
from components.network.shared_platform import LandingZone, LandingZoneArgs
from components.network.shared_platform_outputs import Foundation, ServerSite
from components.network.vpn_link import VpnLink, VpnLinkArgs
from components.satellites.satellite_app import SatelliteApp, SatelliteAppArgs
from components.servers.gateway_proxy import GatewayProxy
from components.servers.operations import Operations, OperationsArgs
from components.servers.server import ServerPlacement
from components.shared.backups import Backups, BackupsArgs
from components.shared.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.shared.tags import Tags
from components.site.magento_platform import MagentoPlatform, MagentoPlatformArgs
from settings import stack_file as configuration
from settings.certificate_files import ImportedCertificate
from settings.network import JoinedNetworkSettings, OwnNetworkSettings
from stack import quick_start

# The heap only grows in the seconds that a run lasts: looking for garbage costs a third of them and finds none.
gc.disable()
quick_start.await_together()

settings = configuration.load()
tags = Tags(client=settings.client, environment=settings.environment)
account_id = aws.get_caller_identity_output().account_id

key = EncryptionKey(
    "key",
    EncryptionKeyArgs(region=settings.region, account_id=account_id, protect=settings.protect, tags=tags),
)


def landing_zone_args() -> LandingZoneArgs:
    """What a stack with a network of its own says of it in config."""
    assert isinstance(settings.network, OwnNetworkSettings)
    assert settings.domains
    assert settings.certificate
    pem = ImportedCertificate.read(**dict(settings.certificate), host_names=settings.certified_names)
    return LandingZoneArgs(
        network=NetworkArgs(
            region=settings.region,
            cidr=settings.network.cidr,
            zones=settings.zones,
            nat_gateways=settings.network.nat_gateways,
            vpn_links=tuple(VpnLinkArgs(**dict(link), tags=tags.for_system("vpn")) for link in settings.vpn_links),
            flow_log_retention_days=settings.network.flow_log_retention_days,
            key_arn=key.arn,
            tags=tags.for_system("network"),
        ),
        certificate=CertificateArgs(**vars(pem), tags=tags.for_system("certificate")),
        public_domain=settings.domains.public,
        internal_domain=settings.domains.internal,
        buckets=settings.buckets,
        cost_report=settings.cost_report,
        account_id=account_id,
        key_arn=key.arn,
        protect=settings.protect,
        tags=tags,
    )


links: Mapping[str, VpnLink] = {}
if isinstance(settings.network, JoinedNetworkSettings):
    foundation = Foundation.of_stack(settings.network.stack)
else:
    landing_zone = LandingZone("landing-zone", landing_zone_args())
    foundation, links = landing_zone.foundation, landing_zone.network.vpn_links
    foundation.export()
    pulumi.export("name_servers", landing_zone.domains.name_servers)
    pulumi.export("vpn_configurations", {name: link.configuration for name, link in links.items()})


def placement(*, is_public: bool, tags: Tags) -> ServerPlacement:
    """Where a single server lives: the first subnet of its kind."""
    assert settings.internal_domain  # settings.py has seen to it
    at = ServerSite(
        region=settings.region, availability_zone=settings.zones[0], internal_domain=settings.internal_domain
    )
    return foundation.place_server(is_public=is_public, at=at, key_arn=key.arn, protect=settings.protect, tags=tags)


databases: dict[str, MySqlDatabase] = {}
if settings.shared_database:
    databases["shared"] = MySqlDatabase(
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
    pulumi.export("shared_database_endpoint", databases["shared"].endpoint)

site = MagentoPlatform(
    "site",
    MagentoPlatformArgs(
        foundation=foundation,
        site=settings.site,
        delivery=settings.content_delivery,
        file_server=settings.file_server,
        file_server_placement=placement(is_public=False, tags=tags.for_system("nfs")) if settings.file_server else None,
        key_arn=key.arn,
        protect=settings.protect,
        tags=tags,
    ),
)

servers = {"nfs": site.files.instance_id} if site.files else {}
gateway: GatewayProxy | None = None
if isinstance(settings.network, OwnNetworkSettings) and settings.domains:
    operations = Operations(
        "operations",
        OperationsArgs(
            public=placement(is_public=True, tags=tags),
            private=placement(is_public=False, tags=tags),
            network_cidr=settings.network.cidr,
            remote_cidrs=tuple(cidr for link in settings.vpn_links for cidr in link.remote_cidrs),
            vpn_access=settings.vpn_access,
            gateway=settings.gateway,
            windows=settings.windows,
            rundeck=settings.rundeck,
            php_my_admin=settings.php_my_admin,
            databases={**databases, "site": site.database},
        ),
    )
    operations.export()
    servers |= operations.instance_ids
    gateway = operations.gateway

satellites = {
    satellite.name: SatelliteApp(
        satellite.name,
        SatelliteAppArgs(
            foundation=foundation,
            satellite=satellite,
            database=databases["shared"],
            gateway=gateway,
            internal_domain=settings.internal_domain,
            key_arn=key.arn,
            protect=settings.protect,
            tags=tags,
        ),
    )
    for satellite in settings.satellites
}
if settings.content_delivery:
    content = ContentDelivery(
        "content",
        ContentDeliveryArgs(
            delivery=settings.content_delivery,
            document_root=settings.site.document_root,
            certificate_arn=foundation.cloudfront_certificate_arn,
            zone_id=foundation.public_zone_id,
            logs_bucket=foundation.delivery_logs_bucket,
            tags=tags.for_system("content-delivery"),
        ),
    )
    pulumi.export("media_distribution", content.media_domain_name)
    pulumi.export("static_distribution", content.static_domain_name)

if settings.monitoring:
    monitoring = MonitoringSuite(
        "monitoring",
        MonitoringSuiteArgs(
            monitoring=settings.monitoring,
            region=settings.region,
            account_id=account_id,
            key_arn=key.arn,
            site=MonitoredSite.of(site),
            other_databases={f"{name}-database": database.identifier for name, database in databases.items()},
            satellites={name: each.environment.environment_name for name, each in satellites.items()},
            servers=servers,
            vpn_links={name: link.tunnels for name, link in links.items()},
            certificate_arn=foundation.certificate_arn,
            tags=tags.for_system("monitoring"),
        ),
    )
    pulumi.export("dashboard", monitoring.dashboard_name)
    pulumi.export("alarm_topic", monitoring.topic_arn)

if settings.backups:
    backups = Backups(
        "backups",
        BackupsArgs(rules=settings.backups, key_arn=key.arn, protect=settings.protect, tags=tags.for_system("backup")),
    )
    pulumi.export("backup_vault", backups.vault_name)

pulumi.export("site_address", site.address)
pulumi.export("load_balancer", site.load_balancer.dns_name)
pulumi.export("hold_rules", site.load_balancer.hold_rule_arns)
pulumi.export("beanstalk_application", site.application.application_name)
pulumi.export("front_environment", site.front.environment_name)
pulumi.export("back_office_environment", site.back_office.environment_name)
pulumi.export("database_endpoint", site.database.endpoint)
pulumi.export("database_secrets", {name: db.secret_arn for name, db in (*databases.items(), ("site", site.database))})
pulumi.export("cache_address", site.cache.address)
pulumi.export("search_address", site.search.address)
pulumi.export("configuration_object", site.configuration.uri)
pulumi.export("file_server", site.files.address if site.files else None)
pulumi.export("servers", servers)
pulumi.export("satellites", {name: each.address for name, each in satellites.items()})
pulumi.export("ftp_secrets", {name: each.ftp.secret_arn for name, each in satellites.items() if each.ftp})
