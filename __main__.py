"""The platform, read top to bottom: what a stack owns or joins, its site, and what stands around the site."""

from __future__ import annotations

import stack.early_provider  # the plugin starts during the imports below  # isort: skip
import stack.quick_imports  # noqa: F401 - makes them fast  # isort: skip
from components.data.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.data.placement import DataStorePlacement
from components.delivery.content_delivery import ContentDelivery, ContentDeliveryArgs
from components.monitoring.monitoring_suite import MonitoredSite, MonitoringSuite, MonitoringSuiteArgs
from components.network.shared_platform import SharedPlatform, SharedPlatformArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.satellites.satellite_app import SatelliteApp, SatelliteAppArgs
from components.servers import boot_status
from components.servers.operations import Operations, OperationsArgs
from components.shared.backups import Backups, BackupsArgs
from components.shared.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.shared.tags import Tags
from components.site.magento_platform import MagentoPlatform, MagentoPlatformArgs
from components.site.release_role import ReleaseRole, ReleaseRoleArgs
from settings import checked_settings, neighbours, standing_settings
from settings.certificate_files import ImportedCertificate
from stack.outputs import StackOutputs
from stack.quick_start import quick_start

quick_start()
settings = checked_settings.load()
tags = Tags(client=settings.client, environment=settings.environment)
context = EncryptionKey("key", EncryptionKeyArgs(region=settings.region, keeping=settings.keeping, tags=tags)).context

platform = operations = content = monitoring = backups = release_role = None
if owned := settings.owned:
    certificate = ImportedCertificate.read(owned.certificate, host_names=settings.certified_names)
    platform_args = SharedPlatformArgs(context=context, settings=owned, certificate=certificate)
    platform = SharedPlatform("shared-platform", platform_args)
    shared = platform.outputs
    shared.export(settings.shared_names(certificate.names))
else:
    shared = SharedPlatformOutputs.of_stack(settings.joined_stack, settings.zones[0], settings.internal_domain)

delivery = settings.content_delivery
site_args = MagentoPlatformArgs(
    context=context, shared=shared, site=settings.site, delivery=delivery, file_server=settings.file_server
)
site = MagentoPlatform("site", site_args)
databases = {"site": site.database}
if size := settings.shared_database:
    placement = DataStorePlacement.private(context.for_system("shared-database"), shared, clients={})
    database_args = MySqlDatabaseArgs(placement=placement, database_name="satellites", username="satellites", size=size)
    databases["shared"] = MySqlDatabase("shared-database", database_args)

servers = {"nfs": site.files.instance_id} if site.files else {}
if owned:
    operations_args = OperationsArgs(
        context=context,
        shared=shared,
        servers=settings.operations,
        network_cidr=owned.network.cidr,
        remote_cidrs=owned.remote_cidrs,
        databases=databases,
        refreshed=neighbours.refreshed_by_rundeck(settings) if settings.operations.rundeck else (),
    )
    operations = Operations("operations", operations_args)
    servers |= operations.instance_ids
boot_status.say_which_are_not_ready(servers, context)

gateway = operations.gateway if operations else None
satellite_args = {
    each.name: SatelliteAppArgs(
        context=context, shared=shared, satellite=each, database=databases["shared"], gateway=gateway
    )
    for each in settings.satellites
}
satellites = {name: SatelliteApp(name, args) for name, args in satellite_args.items()}
if delivery:
    root = settings.site.document_root
    args = ContentDeliveryArgs(context=context, shared=shared, delivery=delivery, document_root=root)
    content = ContentDelivery("content", args)
if settings.monitoring:
    monitoring_args = MonitoringSuiteArgs(
        context=context,
        monitoring=settings.monitoring,
        site=MonitoredSite.of(site),
        other_databases={f"{name}-database": each.identifier for name, each in databases.items() if name != "site"},
        satellites={name: each.environment.environment_name for name, each in satellites.items()},
        servers=servers,
        vpn_links=platform.network.tunnels if platform else {},
        nat_gateways=platform.network.nat_gateways if platform else {},
        certificate_arn=shared.certificate_arn,
    )
    monitoring = MonitoringSuite("monitoring", monitoring_args)
if settings.releases:
    role_args = ReleaseRoleArgs(
        context=context,
        releases=settings.releases,
        shared=shared,
        site=site,
        satellites={name: each.environment for name, each in satellites.items()},
        databases=databases,
        content=content,
        alarm_topic=monitoring.topic_arn if monitoring else None,
        release_alarms=monitoring.release_alarms if monitoring else None,
    )
    release_role = ReleaseRole("releases", role_args)
if settings.backups:
    backups = Backups("backups", BackupsArgs(context=context, rules=settings.backups))

StackOutputs.of(
    standing_settings=standing_settings.of(settings),
    site=site,
    platform=platform,
    databases=databases,
    operations=operations,
    satellites=satellites,
    content=content,
    monitoring=monitoring,
    backups=backups,
    release_role=release_role,
    servers=servers,
).export()
