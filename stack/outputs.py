"""Everything that a stack exports, with what each output is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pulumi

from components.data.mysql_database import MySqlDatabase
from components.delivery.content_delivery import ContentDelivery
from components.monitoring.monitoring_suite import MonitoringSuite
from components.network.shared_platform import SharedPlatform
from components.satellites.satellite_app import SatelliteApp
from components.servers.operations import Operations
from components.shared.backups import Backups
from components.site.magento_platform import MagentoPlatform
from components.site.release_role import ReleaseRole

Text = pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class StackOutputs:
    """The outputs of a stack. An output without a value is not exported."""

    site_address: Text
    """The address of the shop."""
    load_balancer: Text
    """The DNS name of the site's load balancer."""
    hold_rules: pulumi.Input[Mapping[str, str]]
    """The ARNs of the listener rules of the maintenance hold, which a release arms and disarms."""
    listener_rules: Mapping[str, object]
    """The host names and the path that the environments' listener rules were made from. The next run compares them."""
    standing_settings: Mapping[str, object]
    """What cannot be changed, made smaller or removed later. The next run compares it."""
    beanstalk_application: Text
    """The Beanstalk application of the shop."""
    front_environment: Text
    """The Beanstalk environment that serves shoppers."""
    back_office_environment: Text
    """The Beanstalk environment that serves the back office."""
    database_endpoint: Text
    """Host and port of the site's database."""
    database_secrets: Mapping[str, Text]
    """The ARN of the secret with user and password, by database."""
    cache_address: Text
    """The host of the site's cache."""
    session_cache_address: Text | None
    """The host of the site's cache for sessions alone."""
    search_address: Text
    """The host of the site's search engine."""
    releases: Text
    """The `s3://` address below which the shop's releases keep their lock and their journals."""
    release_documents: Mapping[str, Text]
    """The SSM documents that a release runs on the site's instances, by what they do."""
    release_log_group: Text
    """The log group with what these documents print."""
    release_role: Text | None
    """The ARN of the role that Rundeck and GitHub's workflow release with."""
    release_stack_file: Text | None
    """The `s3://` address of what they need to know of the stack. The variable `SHOP_STACK_FILE` names it."""
    refresh_source: Mapping[str, Text] | None
    """What a stack needs rights on whose `releases.refreshes_from` names this one."""
    refreshes_from: Mapping[str, Text] | None
    """The stack from which the role may refresh this one, and the address of what it needs to know of that stack."""
    configuration_object: Text
    """The `s3://` address of the site's `env.php`."""
    configuration_version: Text
    """The newest version of that object. A release pins it, and its instances fetch that version."""
    admin_secret: Text
    """The ARN of the secret with the name and password of the back office's first administrator."""
    file_server: Text | None
    """The host of the NFS server."""
    servers: Mapping[str, Text]
    """The instance ids of the servers, by server."""
    satellites: Mapping[str, Text]
    """The addresses of the satellites, by satellite."""
    satellite_environments: Mapping[str, Text]
    """The Beanstalk environments of the satellites, by satellite."""
    ftp_secrets: Mapping[str, Text]
    """The ARN of the secret with the FTP user and password, by satellite."""
    name_servers: pulumi.Input[Sequence[str]] | None
    """The name servers of the public zone. The registrar of the domain must point at them."""
    vpn_configurations: Mapping[str, Text] | None
    """The configuration of each VPN device with its pre-shared keys, a secret."""
    shared_database_endpoint: Text | None
    """Host and port of the satellites' database."""
    vpn_address: Text | None
    """The public address of the OpenVPN server."""
    gateway_address: Text | None
    """The public address of the gateway."""
    windows_host: Text | None
    """The host name of the Windows server."""
    rundeck_url: Text | None
    """The address of Rundeck, inside the network."""
    rundeck_admin_secret: Text | None
    """The ARN of the secret with the password of Rundeck's administrator."""
    rundeck_release_secret: Text | None
    """The ARN of the secret with the users of Rundeck who may only release, and their passwords."""
    phpmyadmin_url: Text | None
    """The address of phpMyAdmin, inside the network."""
    media_distribution: Text | None
    """CloudFront's own name of the distribution of media files."""
    static_distribution: Text | None
    """CloudFront's own name of the distribution of static files."""
    content_origin: Text | None
    """The host name from which CloudFront fetches media and statics. The maintenance hold never answers it."""
    dashboard: Text | None
    """The name of the CloudWatch dashboard."""
    alarm_topic: Text | None
    """The ARN of the topic to which alarms are sent."""
    release_alarms: Mapping[str, object] | None
    """The names of the alarms that stop a release while they sound: of the site, and of each satellite."""
    backup_vault: Text | None
    """The name of the AWS Backup vault."""

    @staticmethod
    def of(
        *,
        standing_settings: Mapping[str, object],
        site: MagentoPlatform,
        platform: SharedPlatform | None,
        databases: Mapping[str, MySqlDatabase],
        operations: Operations | None,
        satellites: Mapping[str, SatelliteApp],
        content: ContentDelivery | None,
        monitoring: MonitoringSuite | None,
        backups: Backups | None,
        release_role: ReleaseRole | None,
        servers: Mapping[str, Text],
    ) -> StackOutputs:
        """The outputs of the components that a stack has."""
        links = platform.network.vpn_links if platform else {}
        shared_database = databases.get("shared")
        vpn = operations.vpn if operations else None
        gateway = operations.gateway if operations else None
        windows = operations.windows if operations else None
        rundeck = operations.rundeck if operations else None
        php_my_admin = operations.php_my_admin if operations else None
        return StackOutputs(
            site_address=site.address,
            load_balancer=site.load_balancer.dns_name,
            hold_rules=site.load_balancer.hold_rule_arns,
            listener_rules=site.listener_rules,
            standing_settings=standing_settings,
            beanstalk_application=site.application.application_name,
            front_environment=site.front.environment_name,
            back_office_environment=site.back_office.environment_name,
            database_endpoint=site.database.endpoint,
            database_secrets={name: database.secret_arn for name, database in databases.items()},
            cache_address=site.cache.address,
            session_cache_address=site.session_cache.address if site.session_cache else None,
            search_address=site.search.address,
            releases=site.releases.uri,
            release_documents=site.release_documents.names,
            release_log_group=site.release_documents.log_group_name,
            release_role=release_role.arn if release_role else None,
            release_stack_file=release_role.stack_file if release_role else None,
            refresh_source=release_role.refresh_source if release_role and platform else None,
            refreshes_from=release_role.refreshes_from if release_role else None,
            configuration_object=site.configuration.uri,
            configuration_version=site.configuration.version,
            admin_secret=site.first_administrator.arn,
            file_server=site.files.address if site.files else None,
            servers=servers,
            satellites={name: each.address for name, each in satellites.items()},
            satellite_environments={name: each.environment.environment_name for name, each in satellites.items()},
            ftp_secrets={name: each.ftp.secret_arn for name, each in satellites.items() if each.ftp},
            name_servers=platform.domains.name_servers if platform else None,
            vpn_configurations={name: link.configuration for name, link in links.items()} if platform else None,
            shared_database_endpoint=shared_database.endpoint if shared_database else None,
            vpn_address=vpn.address if vpn else None,
            gateway_address=gateway.address if gateway else None,
            windows_host=windows.server.host_name if windows else None,
            rundeck_url=rundeck.url if rundeck else None,
            rundeck_admin_secret=rundeck.admin_secret_arn if rundeck else None,
            rundeck_release_secret=rundeck.release_secret_arn if rundeck else None,
            phpmyadmin_url=f"http://{php_my_admin.host_name}" if php_my_admin else None,
            media_distribution=content.media_domain_name if content else None,
            static_distribution=content.static_domain_name if content else None,
            content_origin=content.origin if content else None,
            dashboard=monitoring.dashboard_name if monitoring else None,
            alarm_topic=monitoring.topic_arn if monitoring else None,
            release_alarms=monitoring.release_alarms if monitoring else None,
            backup_vault=backups.vault_name if backups else None,
        )

    def export(self) -> None:
        """Export each as a stack output."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                pulumi.export(field.name, value)
