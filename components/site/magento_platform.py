"""A Magento site: its web servers, data stores, files and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.beanstalk.application import BeanstalkApplication, BeanstalkApplicationArgs
from components.beanstalk.environment import BeanstalkEnvironment, BeanstalkEnvironmentArgs
from components.beanstalk.load_balancer import SharedLoadBalancer, SharedLoadBalancerArgs
from components.beanstalk.load_balancing import BehindSharedLoadBalancer, ListenerRule
from components.beanstalk.options import EnvironmentOptions
from components.beanstalk.placeholder import Placeholder
from components.beanstalk.platform import PhpPlatform
from components.data.cache import Cache, CacheArgs
from components.data.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.data.placement import DataStorePlacement
from components.data.search import Search, SearchArgs
from components.network.alias_record import alias_record
from components.network.security_group import IngressRule, SecurityGroup, SecurityGroupArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.servers.nfs_server import NfsServer, NfsServerArgs
from components.servers.server import ServerPlacement
from components.shared.context import Context
from components.shared.instance_role import InstanceRole, InstanceRoleArgs
from components.site import cron_host
from components.site.configuration import SiteConfiguration, SiteConfigurationArgs
from components.site.first_administrator import FirstAdministrator, FirstAdministratorArgs
from components.site.release_documents import ReleaseDocuments, ReleaseDocumentsArgs
from components.site.releases import SiteReleases
from settings import standing_rules
from settings.content_delivery import ContentDeliverySettings
from settings.file_server import FileServerSettings
from settings.fleet import FleetSettings
from settings.site import SiteSettings

FRONT, BACK_OFFICE = "front", "back-office"


@dataclass(frozen=True, kw_only=True)
class MagentoPlatformArgs:
    """The settings of the site."""

    context: Context
    shared: SharedPlatformOutputs
    site: SiteSettings
    delivery: ContentDeliverySettings | None = None
    """The host names from which browsers fetch media and statics. Without it, the site serves them."""
    file_server: FileServerSettings | None = None
    """The file server with the directories that the site's instances share."""


class MagentoPlatform(pulumi.ComponentResource):
    """One site: two Beanstalk environments behind one shared load balancer, with a database, cache and search engine.

    Produces the instances' security groups and roles, the load balancer, ``MySqlDatabase``, one or two ``Cache``,
    ``Search``, the ``SiteConfiguration``, the Beanstalk application, both environments with a log group for Magento's
    own logs, the ``ReleaseDocuments``, and a DNS record for each host name.
    """

    load_balancer: SharedLoadBalancer
    files: NfsServer | None
    database: MySqlDatabase
    cache: Cache
    session_cache: Cache | None
    """The group for sessions alone. Without it, sessions are in ``cache``."""
    search: Search
    configuration: SiteConfiguration
    first_administrator: FirstAdministrator
    application: BeanstalkApplication
    back_office: BeanstalkEnvironment
    front: BeanstalkEnvironment
    address: str
    listener_rules: Mapping[str, object]
    """The keys of ``site`` that the environments' listener rules are made from."""
    releases: SiteReleases
    release_documents: ReleaseDocuments

    def __init__(self, name: str, args: MagentoPlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:site:MagentoPlatform",
            name,
            {"magento_version": args.site.magento_version, "host_names": list(args.site.host_names)},
            opts,
        )
        self._name, self._args = name, args
        site = args.site
        self._child = pulumi.ResourceOptions(parent=self)
        self.address = f"https://{site.host_names[0]}/"
        self.listener_rules = standing_rules.made_from(site)
        self.releases = SiteReleases.of(args.shared, args.context)
        self.load_balancer = SharedLoadBalancer(
            f"{name}-load-balancer",
            SharedLoadBalancerArgs(
                vpc_id=args.shared.vpc_id,
                subnet_ids=args.shared.public_subnet_ids,
                certificate_arn=args.shared.certificate_arn,
                access_logs_bucket=args.shared.access_logs_bucket if site.access_logs else None,
                firewall=site.firewall,
                context=args.context,
            ),
            opts=self._child,
        )
        self._groups = {tier: self._instance_group(tier) for tier in (FRONT, BACK_OFFICE)}
        self.files = self._file_server()
        self.database = MySqlDatabase(
            f"{name}-database",
            MySqlDatabaseArgs(placement=self._private("database"), database_name="magento", size=site.database),
            opts=self._child,
        )
        self.cache = Cache(
            f"{name}-cache", CacheArgs(placement=self._private("cache"), size=site.cache), opts=self._child
        )
        self.session_cache = None
        if site.session_cache:
            args_of_sessions = CacheArgs.for_sessions(self._private("session-cache"), site.session_cache)
            self.session_cache = Cache(f"{name}-session-cache", args_of_sessions, opts=self._child)
        self.search = Search(
            f"{name}-search", SearchArgs(placement=self._private("search"), size=site.search), opts=self._child
        )
        self.configuration = SiteConfiguration(
            f"{name}-configuration",
            SiteConfigurationArgs(
                bucket_name=args.shared.configuration_bucket,
                site=site,
                delivery=args.delivery,
                database=self.database,
                cache=self.cache,
                session_cache=self.session_cache,
                search=self.search,
                context=args.context.for_system("magento"),
            ),
            opts=self._child,
        )
        self.first_administrator = FirstAdministrator(
            f"{name}-admin", FirstAdministratorArgs(context=args.context.for_system("magento")), opts=self._child
        )
        self.release_documents = ReleaseDocuments(
            f"{name}-release", ReleaseDocumentsArgs(context=args.context.for_system("magento")), opts=self._child
        )
        self.application = BeanstalkApplication(
            f"{name}-releases",
            BeanstalkApplicationArgs(
                application_name=self.releases.application_name,
                description=f"The Magento shop of {args.context.tags.client}, {args.context.tags.environment}",
                placeholder=Placeholder(document_root=site.document_root, health_check_path=site.health_check_path),
                bucket_name=args.shared.configuration_bucket,
                context=args.context.for_system("magento"),
            ),
            opts=self._child,
        )
        # One pattern for the path and all below it: host names and paths share a rule's four values. Pages of the shop
        # that begin alike are served too, since the back office runs the same release.
        paths = (f"/{site.back_office_path}*",)
        self.back_office = self._environment(BACK_OFFICE, site.back_office, paths, priority=1, after=[])
        # Beanstalk puts the rules of a newer environment last. So the front gets what the back office does not match.
        self.front = self._environment(FRONT, site.front, ("/*",), priority=2, after=[self.back_office])
        for host_name in site.host_names:
            alias_record(
                f"{name}-{host_name}",
                host_name=host_name,
                zone_id=args.shared.public_zone_id,
                target=self.load_balancer.dns_name,
                target_zone_id=self.load_balancer.zone_id,
                parent=self,
            )
        environments = {"front": self.front.environment_name, "back_office": self.back_office.environment_name}
        self.register_outputs({"address": self.address, **environments})

    def _instance_group(self, tier: str) -> SecurityGroup:
        from_balancer = IngressRule(
            name="load-balancer",
            port=80,
            from_group=self.load_balancer.security_group_id,
            reason="Requests that the load balancer passes on",
        )
        return SecurityGroup(
            f"{self._name}-{tier}-instances",
            SecurityGroupArgs(
                vpc_id=self._args.shared.vpc_id,
                description=f"Magento {tier} instances, reached by the load balancer only",
                ingress=(from_balancer,),
                open_egress=True,
                context=self._args.context.for_system("magento"),
            ),
            opts=self._child,
        )

    def _file_server(self) -> NfsServer | None:
        if self._args.file_server is None:
            return None
        return NfsServer(
            f"{self._name}-files",
            NfsServerArgs(
                placement=ServerPlacement.in_first_subnet(
                    self._args.context.for_system("nfs"), self._args.shared, is_public=False
                ),
                server=self._args.file_server,
                clients={tier: group.id for tier, group in self._groups.items()},
                network_cidr=self._args.shared.network_cidr,
            ),
            opts=self._child,
        )

    def _private(self, system: str) -> DataStorePlacement:
        clients = {tier: group.id for tier, group in self._groups.items()}
        return DataStorePlacement.private(self._args.context.for_system(system), self._args.shared, clients)

    def _environment(
        self, tier: str, fleet: FleetSettings, paths: tuple[str, ...], *, priority: int, after: list[pulumi.Resource]
    ) -> BeanstalkEnvironment:
        args = self._args
        context = args.context.for_system("magento")
        role = InstanceRole(f"{self._name}-{tier}", InstanceRoleArgs(context=context), opts=self._child)
        granted = self.configuration.grant_read_to(f"{self._name}-{tier}", role.role, parent=role)
        self.release_documents.grant_output_to(f"{self._name}-{tier}", role.role, parent=role)
        if tier == BACK_OFFICE:
            # Magento is installed there, by `./shop install`.
            self.first_administrator.grant_read_to(f"{self._name}-{tier}", role.role, parent=role)
            self.releases.grant_candidates(f"{self._name}-{tier}", role.role, parent=role)
        environment_name = f"{context.tags.owner}-{tier}"
        cron_host.grant_look(fleet, f"{self._name}-{tier}", role.role, parent=role)
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-{tier}-logs",
            # AWSElasticBeanstalkWebTier lets instances write to groups with this beginning, and create none.
            name=f"/aws/elasticbeanstalk/{environment_name}/magento",
            retention_in_days=EnvironmentOptions.log_retention_days,
            kms_key_id=context.key_arn,
            tags=context.tags.named(f"{self._name}-{tier}-logs"),
            opts=self._child,
        )
        return BeanstalkEnvironment(
            f"{self._name}-{tier}-environment",
            BeanstalkEnvironmentArgs(
                application_name=self.application.application_name,
                environment_name=environment_name,
                platform=PhpPlatform(php=args.site.php, pinned=args.site.solution_stack),
                options=EnvironmentOptions(
                    fleet=fleet,
                    health_check_path=args.site.health_check_path,
                    document_root=args.site.document_root,
                    load_balancing=BehindSharedLoadBalancer(
                        arn=self.load_balancer.arn,
                        security_group_id=self.load_balancer.security_group_id,
                        rule=ListenerRule(
                            name=tier.replace("-", ""),
                            host_names=args.site.host_names,
                            path_patterns=paths,
                            priority=priority,
                        ),
                    ),
                    vpc_id=args.shared.vpc_id,
                    instance_subnet_ids=args.shared.private_subnet_ids,
                    load_balancer_subnet_ids=args.shared.public_subnet_ids,
                    instance_group_id=self._groups[tier].id,
                    instance_profile_name=role.profile_name,
                    service_role_arn=self.application.service_role_arn,
                    variables={
                        "MAGENTO_CONFIGURATION": self.configuration.uri,
                        "MAGENTO_TIER": tier,
                        "MAGENTO_LOG_GROUP": logs.name,
                        **cron_host.variables(fleet, environment_name),
                        **(self.files.variables if self.files else {}),
                    },
                ),
                first_version=self.application.placeholder_version,
                # Instances fetch their configuration when they start, and the hold's rules must exist before theirs.
                after=[granted, role, *self.load_balancer.routes, *after],
                context=context,
            ),
            opts=self._child,
        )
