"""The monitoring of the platform: alarms by e-mail, and a dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pulumi
import pulumi_aws as aws

from components.beanstalk.load_balancer import EVERYONE_ELSE
from components.monitoring import shared_alarms, site_alarms
from components.monitoring.alarm import Alarm, AlarmGroup, AlarmNameError, Expression, Metric
from components.monitoring.dashboard import DashboardSubject, dashboard_body
from components.monitoring.hold_watch import HoldWatch, HoldWatchArgs
from components.network.vpn_link import VpnTunnels
from components.servers.operations import VPN
from components.shared.arguments import refuse
from components.shared.context import Context
from components.shared.iam import document, only_over_tls
from components.site.magento_platform import MagentoPlatform
from settings.monitoring import MonitoringSettings

FRONT = "front"
DATABASE = "database"
FILE_SERVER = "nfs"
_SUPPRESSOR_SECONDS = 300
"""How long a group waits for the alarm that it follows from to be raised: the period of their alarms."""


@dataclass(frozen=True, kw_only=True)
class MonitoredSite:
    """The names under which CloudWatch has the metrics of a site."""

    environments: Mapping[str, pulumi.Input[str]]
    """The names of the Beanstalk environments, by tier. One tier is ``front``."""
    load_balancer_arn: pulumi.Input[str]
    hold_rule_arn: pulumi.Input[str]
    """The rule of the load balancer that answers shoppers with the maintenance hold's page."""
    database_id: pulumi.Input[str]
    cache_node_ids: tuple[pulumi.Input[str], ...]
    search_domain_name: pulumi.Input[str]
    search_nodes: int
    """The number of instances of the search domain."""
    session_node_ids: tuple[pulumi.Input[str], ...] = ()
    """The nodes of the cache for sessions alone, if the site has one."""

    def __post_init__(self) -> None:
        if FRONT not in self.environments:
            refuse("environments", got=list(self.environments), expected=f"one named {FRONT}")

    @staticmethod
    def of(platform: MagentoPlatform) -> MonitoredSite:
        """The names of a site of this stack."""
        return MonitoredSite(
            environments={
                FRONT: platform.front.environment_name,
                "back-office": platform.back_office.environment_name,
            },
            load_balancer_arn=platform.load_balancer.arn,
            hold_rule_arn=platform.load_balancer.hold_rule_arns[EVERYONE_ELSE],
            database_id=platform.database.identifier,
            cache_node_ids=platform.cache.node_ids,
            session_node_ids=platform.session_cache.node_ids if platform.session_cache else (),
            search_domain_name=platform.search.domain_name,
            search_nodes=platform.search.nodes,
        )


@dataclass(frozen=True, kw_only=True)
class MonitoringSuiteArgs:
    """What is monitored, by the names that the alarms have.

    ``context.key_arn`` is a key that ``cloudwatch.amazonaws.com`` and ``events.rds.amazonaws.com`` may use. Otherwise,
    no mail is sent. Raises ``AlarmNameError`` for a name for an alarm that does not exist, and for two alarms of one
    name.
    """

    context: Context
    monitoring: MonitoringSettings
    site: MonitoredSite
    other_databases: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """The RDS identifiers of further databases, by name."""
    satellites: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """The names of Beanstalk environments, by satellite."""
    servers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Instance ids, by server. ``vpn`` is the OpenVPN server, and ``nfs`` is the site's file server."""
    vpn_links: Mapping[str, VpnTunnels] = field(default_factory=dict)
    nat_gateways: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """The ids of NAT gateways, by the letter of their zone."""
    certificate_arn: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        alarms = [alarm.key for mail in self.mails for alarm in _alarms_of(mail)]
        groups = [mail.key for mail in self.mails if isinstance(mail, AlarmGroup)]
        for key in self.monitoring.alarm_names:
            if "*" not in key and key not in alarms:
                raise AlarmNameError(got=key, expected=f"a key among {', '.join(sorted(alarms))}")
        names = Counter(self.name_of(key) for key in [*alarms, *groups])
        if repeated := sorted(name for name, times in names.items() if times > 1):
            raise AlarmNameError(got=repeated, expected="a different name for each alarm")

    def name_of(self, key: str) -> str:
        """The name of an alarm or a group in CloudWatch."""
        return self.monitoring.name_of(key) or f"{self.context.tags.owner}-{key}"

    @cached_property
    def databases(self) -> dict[str, pulumi.Input[str]]:
        """The site's database and the others, by name."""
        return {DATABASE: self.site.database_id, **self.other_databases}

    @cached_property
    def load_balancer(self) -> pulumi.Output[str]:
        """The load balancer's name in CloudWatch: the part of the ARN after ``loadbalancer/``."""
        arn = pulumi.Output.from_input(self.site.load_balancer_arn)
        return arn.apply(lambda arn: arn.partition(":loadbalancer/")[2])

    @cached_property
    def mails(self) -> tuple[Alarm | AlarmGroup, ...]:
        """All alarms. Each entry sends one mail. An alarm comes before the groups that follow from it."""
        thresholds = self.monitoring.thresholds
        return (
            *self._of_site,
            *self._of_shared_databases,
            *site_alarms.of_environments(self.satellites, thresholds),
            *(mail for name in self.servers if name != FILE_SERVER for mail in self._of_server(name)),
            site_alarms.of_hold(self.load_balancer, thresholds),
            *(shared_alarms.of_vpn_certificates(self.servers[VPN], thresholds) if VPN in self.servers else ()),
            *(mail for name, each in self.vpn_links.items() for mail in shared_alarms.of_vpn_link(name, each)),
            *([shared_alarms.of_nat_gateways(self.nat_gateways)] if self.nat_gateways else []),
            *(
                [shared_alarms.of_certificate(self.certificate_arn, thresholds)]
                if self.certificate_arn is not None
                else []
            ),
        )

    @cached_property
    def release_alarms(self) -> dict[str, object]:
        """The names of the alarms on what a release of the site touches, and on what one of each satellite touches.

        A release does not begin while one of them sounds. The site's are on its environments, its load balancer, its
        database, its caches, its search and its file server; a satellite's on its environment and the shared database.
        """
        thresholds = self.monitoring.thresholds
        return {
            "site": self._names(self._of_site),
            "satellites": {
                name: self._names((*site_alarms.of_environments({name: each}, thresholds), *self._of_shared_databases))
                for name, each in self.satellites.items()
            },
        }

    @cached_property
    def _of_site(self) -> tuple[Alarm | AlarmGroup, ...]:
        site, thresholds = self.site, self.monitoring.thresholds
        caches = {"cache": site.cache_node_ids}
        if site.session_node_ids:
            caches["session-cache"] = site.session_node_ids
        return (
            *site_alarms.of_environments(site.environments, thresholds),
            *site_alarms.of_load_balancer(self.load_balancer, thresholds),
            *site_alarms.of_database(DATABASE, site.database_id, thresholds),
            *(mail for name, nodes in caches.items() for mail in site_alarms.of_cache(name, nodes, thresholds)),
            *site_alarms.of_search(site.search_domain_name, self.context.account_id, site.search_nodes, thresholds),
            *(self._of_file_server(self.servers[FILE_SERVER]) if FILE_SERVER in self.servers else ()),
        )

    @cached_property
    def _of_shared_databases(self) -> tuple[Alarm | AlarmGroup, ...]:
        thresholds = self.monitoring.thresholds
        named = self.other_databases.items()
        return tuple(mail for name, each in named for mail in site_alarms.of_database(name, each, thresholds))

    def _of_server(self, name: str) -> tuple[Alarm | AlarmGroup, ...]:
        instance, thresholds = self.servers[name], self.monitoring.thresholds
        return (*shared_alarms.of_server(name, instance), *shared_alarms.of_usage(name, instance, thresholds))

    def _of_file_server(self, instance: pulumi.Input[str]) -> tuple[Alarm | AlarmGroup, ...]:
        return (*self._of_server(FILE_SERVER), shared_alarms.of_shares(FILE_SERVER, instance))

    def _names(self, mails: tuple[Alarm | AlarmGroup, ...]) -> list[str]:
        """In CloudWatch, those of groups and those of the alarms in them."""
        keys = {key for mail in mails for key in (mail.key, *(alarm.key for alarm in _alarms_of(mail)))}
        return sorted(map(self.name_of, keys))


class MonitoringSuite(pulumi.ComponentResource):
    """The alarms of every system, their recipients, and the site's dashboard.

    Produces an encrypted topic, and a subscription for each recipient, who confirms it by a link in a mail. Each alarm
    sends its own mail, with its name as the subject, so that no raised alarm hides another. Only the alarms of a group,
    which show one fault, share a mail: a composite alarm sends it. Produces a subscription to the databases' failovers,
    a ``HoldWatch`` and the dashboard too.
    """

    topic_arn: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]
    release_alarms: dict[str, object]
    """The names of the alarms that stop a release: those of the site, and those of each satellite."""

    def __init__(self, name: str, args: MonitoringSuiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:monitoring:MonitoringSuite", name, {"mails": [mail.key for mail in args.mails]}, opts)
        self._name, self._args = name, args
        self._context = args.context.for_system("monitoring")
        self._child = pulumi.ResourceOptions(parent=self)
        self.topic_arn = self._topic().arn
        self.release_alarms = args.release_alarms
        alarms: dict[str, aws.cloudwatch.MetricAlarm] = {}
        for mail in args.mails:
            shared = []
            for alarm in _alarms_of(mail):
                sends = isinstance(mail, Alarm) or args.monitoring.name_of(alarm.key) is not None
                alarms[alarm.key] = self._alarm(alarm, sends=sends)
                if not sends:
                    shared.append(alarms[alarm.key])
            if isinstance(mail, AlarmGroup) and shared:
                self._composite(mail, shared, alarms.get(mail.follows or ""))
        watch_args = HoldWatchArgs(
            context=self._context, load_balancer=args.load_balancer, rule_arn=args.site.hold_rule_arn
        )
        HoldWatch(f"{name}-hold", watch_args, opts=self._child)
        self._failovers()
        self.dashboard_name = self._dashboard().dashboard_name
        self.register_outputs({"topic_arn": self.topic_arn, "dashboard_name": self.dashboard_name})

    def _topic(self) -> aws.sns.Topic:
        args = self._args
        # A fixed name, because the topic's own policy contains it.
        topic_name = f"{self._context.tags.owner}-alarms"
        topic = aws.sns.Topic(
            f"{self._name}-topic",
            name=topic_name,
            kms_master_key_id=self._context.key_arn,
            policy=pulumi.Output.from_input(self._context.account_id).apply(
                lambda account: _publishing(f"arn:aws:sns:{self._context.region}:{account}:{topic_name}", account)
            ),
            tags=self._context.tags.named(f"{self._name}-topic"),
            opts=self._child,
        )
        for address in args.monitoring.recipients:
            aws.sns.TopicSubscription(
                f"{self._name}-to-{address}", topic=topic.arn, protocol="email", endpoint=address, opts=self._child
            )
        return topic

    def _alarm(self, alarm: Alarm, *, sends: bool) -> aws.cloudwatch.MetricAlarm:
        measured = alarm.metric
        metric = measured if isinstance(measured, Metric) else None
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{alarm.key}",
            name=self._args.name_of(alarm.key),
            alarm_description=alarm.description,
            namespace=metric.namespace if metric else None,
            metric_name=metric.name if metric else None,
            dimensions=metric.dimensions if metric else None,
            statistic=metric.statistic if metric else None,
            period=alarm.period_seconds if metric else None,
            metric_queries=_queries(measured, alarm.period_seconds) if isinstance(measured, Expression) else None,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            evaluation_periods=alarm.datapoints,
            datapoints_to_alarm=alarm.datapoints,
            treat_missing_data=alarm.missing_data,
            alarm_actions=[self.topic_arn] if sends else None,
            ok_actions=[self.topic_arn] if sends and self._args.monitoring.mail_when_over else None,
            tags=self._context.tags.named(alarm.key),
            opts=self._child,
        )

    def _composite(
        self,
        group: AlarmGroup,
        alarms: list[aws.cloudwatch.MetricAlarm],
        cause: aws.cloudwatch.MetricAlarm | None,
    ) -> None:
        args = self._args
        aws.cloudwatch.CompositeAlarm(
            f"{self._name}-{group.key}",
            alarm_name=args.name_of(group.key),
            alarm_description=group.description,
            # From the alarms' outputs, because AWS refuses a rule over alarms that do not exist yet.
            alarm_rule=pulumi.Output.all(*(alarm.name for alarm in alarms)).apply(_any_of),
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn] if args.monitoring.mail_when_over else None,
            actions_suppressor=aws.cloudwatch.CompositeAlarmActionsSuppressorArgs(
                alarm=cause.name, wait_period=_SUPPRESSOR_SECONDS, extension_period=_SUPPRESSOR_SECONDS
            )
            if cause is not None
            else None,
            tags=self._context.tags.named(group.key),
            opts=self._child,
        )

    def _failovers(self) -> None:
        """The topic's subscription to failovers. RDS has no metric for them, but events at their start and end."""
        aws.rds.EventSubscription(
            f"{self._name}-failovers",
            sns_topic=self.topic_arn,
            source_type="db-instance",
            source_ids=list(self._args.databases.values()),
            event_categories=["failover", "failure"],
            tags=self._context.tags.named(f"{self._name}-failovers"),
            opts=self._child,
        )

    def _dashboard(self) -> aws.cloudwatch.Dashboard:
        args, site = self._args, self._args.site
        measured = pulumi.Output.all(
            environments=dict(site.environments),
            load_balancer=args.load_balancer,
            database_id=site.database_id,
            cache_node_ids=[*site.cache_node_ids, *site.session_node_ids],
        )
        return aws.cloudwatch.Dashboard(
            f"{self._name}-dashboard",
            # A fixed name, under which people open it.
            dashboard_name=f"{self._context.tags.owner}",
            dashboard_body=measured.apply(
                lambda names: dashboard_body(
                    DashboardSubject(
                        region=self._context.region,
                        environments=names["environments"],
                        front=FRONT,
                        load_balancer=names["load_balancer"],
                        database_id=names["database_id"],
                        cache_node_ids=tuple(names["cache_node_ids"]),
                    ),
                    args.monitoring.thresholds,
                )
            ),
            opts=self._child,
        )


def _alarms_of(mail: Alarm | AlarmGroup) -> tuple[Alarm, ...]:
    return mail.alarms if isinstance(mail, AlarmGroup) else (mail,)


def _any_of(names: list[str]) -> str:
    return " OR ".join(f'ALARM("{name}")' for name in names)


def _queries(expression: Expression, period: int) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    """The expression, whose value the alarm compares, and the metrics in it."""
    return [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="result",
            expression=expression.text,
            return_data=True,
            # Metric math has the period of its metrics.
            period=None if expression.metrics else period,
        ),
        *(
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=name,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=metric.namespace,
                    metric_name=metric.name,
                    dimensions=metric.dimensions,
                    stat=metric.statistic,
                    period=period,
                ),
            )
            for name, metric in expression.metrics.items()
        ),
    ]


def _publishing(topic_arn: str, account_id: str) -> str:
    """The topic's policy, by which CloudWatch alarms and RDS events of this account may publish, only over TLS."""
    return document(
        only_over_tls("sns:Publish", topic_arn),
        {
            "Sid": "AlarmsAndEventsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        },
    )
