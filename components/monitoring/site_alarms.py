"""The alarms of a site and its data stores: pure tables, from names and thresholds to ``AlarmGroup``."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.monitoring.alarm import Alarm, AlarmGroup, Comparison, Expression, Metric, Silence, Statistic
from settings.monitoring import ThresholdSettings

_MIB, _GIB = 2**20, 2**30
_FIVE_MINUTES = 300


def of_database(name: str, identifier: pulumi.Input[str], thresholds: ThresholdSettings) -> AlarmGroup:
    """A database on RDS: its load, its room, and whether it is there at all."""

    def metric(measure: str, statistic: Statistic) -> Metric:
        return Metric(
            namespace="AWS/RDS", name=measure, dimensions={"DBInstanceIdentifier": identifier}, statistic=statistic
        )

    return AlarmGroup(
        key=name,
        means=f"The {name} is overloaded, short of room, or silent",
        alarms=(
            Alarm(
                key=f"{name}-cpu",
                means=f"CPU of the {name} is above {thresholds.database_cpu_percent} %",
                measures=metric("CPUUtilization", Statistic.AVERAGE),
                breaches=Comparison.ABOVE,
                threshold=thresholds.database_cpu_percent,
                silence=Silence.IS_FINE,
            ),
            Alarm(
                key=f"{name}-connections",
                means=f"More than {thresholds.database_connections} connections to the {name}",
                measures=metric("DatabaseConnections", Statistic.AVERAGE),
                breaches=Comparison.ABOVE,
                threshold=thresholds.database_connections,
                silence=Silence.IS_FINE,
            ),
            Alarm(
                key=f"{name}-storage",
                means=f"The {name} has less than {thresholds.database_free_storage_gib} GiB of storage left, "
                "and has not grown by itself",
                measures=metric("FreeStorageSpace", Statistic.MINIMUM),
                breaches=Comparison.BELOW,
                threshold=thresholds.database_free_storage_gib * _GIB,
                silence=Silence.IS_FINE,
                period_seconds=_FIVE_MINUTES,
            ),
            Alarm(
                key=f"{name}-memory",
                means=f"The {name} has less than {thresholds.database_free_memory_mib} MiB of memory left",
                measures=metric("FreeableMemory", Statistic.MINIMUM),
                breaches=Comparison.BELOW,
                threshold=thresholds.database_free_memory_mib * _MIB,
                silence=Silence.IS_FINE,
                period_seconds=_FIVE_MINUTES,
            ),
            # RDS measures a running instance every minute; a Multi-AZ failover is over in one or two ("Failing over a
            # Multi-AZ DB instance"). Only this alarm speaks for the silence, so that a restart blames no measure.
            Alarm(
                key=f"{name}-silent",
                means=f"Nothing has been heard of the {name} for five minutes: it is stopped, restarting or gone",
                measures=metric("CPUUtilization", Statistic.SAMPLE_COUNT),
                breaches=Comparison.BELOW,
                threshold=1,
                silence=Silence.IS_A_FAULT,
                datapoints=5,
            ),
        ),
    )


def of_environments(
    key: str, environments: Mapping[str, pulumi.Input[str]], thresholds: ThresholdSettings, more: tuple[Alarm, ...] = ()
) -> AlarmGroup:
    """Beanstalk environments that one fault makes ill together, by the name of each; ``more`` shares their mail."""
    health = tuple(
        Alarm(
            key=f"{name}-health",
            means=f"Beanstalk's health of {name} has been above {thresholds.environment_health} for 15 minutes",
            measures=Metric(
                namespace="AWS/ElasticBeanstalk",
                name="EnvironmentHealth",
                dimensions={"EnvironmentName": environment},
                statistic=Statistic.MAXIMUM,
            ),
            breaches=Comparison.ABOVE,
            threshold=thresholds.environment_health,
            # Published every minute as long as the environment exists, whatever its instances do.
            silence=Silence.IS_A_FAULT,
            period_seconds=_FIVE_MINUTES,
        )
        for name, environment in environments.items()
    )
    return AlarmGroup(key=key, means=f"{key} does not answer as it should", alarms=(*health, *more))


def of_load_balancer(load_balancer: pulumi.Input[str], thresholds: ThresholdSettings) -> tuple[Alarm, ...]:
    """An Application Load Balancer, by the suffix of its ARN. Errors are measured only when there are any."""

    def count(measure: str) -> Metric:
        return Metric(
            namespace="AWS/ApplicationELB",
            name=measure,
            dimensions={"LoadBalancer": load_balancer},
            statistic=Statistic.SUM,
        )

    return (
        Alarm(
            key="load-balancer-errors",
            means=f"The load balancer itself fails more than {thresholds.load_balancer_errors} requests a minute",
            # The maintenance page is a 503 of the load balancer's own: a release that holds the shop is no fault. With
            # nothing to send requests to it answers 503 as well, which is the environments' health to tell.
            measures=Expression(
                text="FILL(every, 0) - FILL(unavailable, 0)",
                metrics={"every": count("HTTPCode_ELB_5XX_Count"), "unavailable": count("HTTPCode_ELB_503_Count")},
            ),
            breaches=Comparison.ABOVE,
            threshold=thresholds.load_balancer_errors,
            silence=Silence.IS_FINE,
        ),
        Alarm(
            key="target-errors",
            means=f"The instances fail more than {thresholds.target_errors} requests a minute",
            measures=count("HTTPCode_Target_5XX_Count"),
            breaches=Comparison.ABOVE,
            threshold=thresholds.target_errors,
            silence=Silence.IS_FINE,
        ),
        Alarm(
            key="unhealthy-hosts",
            means="An instance behind the load balancer has failed its health check for five minutes",
            # Hosts are counted a target group, and those are Beanstalk's own: a query finds them by the load balancer.
            measures=Expression(
                text=pulumi.Output.format(
                    'SELECT MAX(UnHealthyHostCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) '
                    "WHERE LoadBalancer = '{}'",
                    load_balancer,
                )
            ),
            breaches=Comparison.ABOVE,
            threshold=0,
            silence=Silence.IS_FINE,
            datapoints=5,
        ),
    )


def of_cache(node_ids: tuple[pulumi.Input[str], ...], thresholds: ThresholdSettings) -> AlarmGroup:
    """A cache's nodes, each by its own measures. A node that is being replaced is silent, and the cache is not."""

    def alarm(number: int, node: pulumi.Input[str], what: str, measure: str, statistic: Statistic, most: int) -> Alarm:
        return Alarm(
            key=f"cache-{number}-{what.replace(' ', '-')}",
            means=f"Cache node {number}: {what} ({measure}) above {most}",
            measures=Metric(
                namespace="AWS/ElastiCache", name=measure, dimensions={"CacheClusterId": node}, statistic=statistic
            ),
            breaches=Comparison.ABOVE,
            threshold=most,
            silence=Silence.IS_FINE,
        )

    return AlarmGroup(
        key="cache",
        means="The cache throws out what it should keep, is full, or its replica falls behind",
        alarms=tuple(
            each
            for number, node in enumerate(node_ids, start=1)
            for each in (
                alarm(number, node, "evictions", "Evictions", Statistic.SUM, thresholds.cache_evictions),
                alarm(
                    number,
                    node,
                    "memory",
                    "DatabaseMemoryUsagePercentage",
                    Statistic.MAXIMUM,
                    thresholds.cache_memory_percent,
                ),
                # Measured on whichever node is a replica: after a failover that is another one.
                alarm(
                    number,
                    node,
                    "replica lag",
                    "ReplicationLag",
                    Statistic.MAXIMUM,
                    thresholds.cache_replica_lag_seconds,
                ),
            )
        ),
    )


def of_search(
    domain_name: pulumi.Input[str], account_id: pulumi.Input[str], thresholds: ThresholdSettings
) -> AlarmGroup:
    """An OpenSearch domain: the first two alarms that AWS recommends ("Recommended CloudWatch alarms")."""

    def metric(measure: str, statistic: Statistic) -> Metric:
        return Metric(
            namespace="AWS/ES",
            name=measure,
            dimensions={"DomainName": domain_name, "ClientId": account_id},
            statistic=statistic,
        )

    return AlarmGroup(
        key="search",
        means="The search engine has lost data, or is about to refuse more",
        alarms=(
            Alarm(
                key="search-red",
                means="A part of the search index has no copy left: the catalogue is searched in part",
                measures=metric("ClusterStatus.red", Statistic.MAXIMUM),
                breaches=Comparison.ABOVE,
                threshold=0,
                silence=Silence.IS_FINE,
            ),
            Alarm(
                key="search-storage",
                means=f"A search node has less than {thresholds.search_free_storage_gib} GiB of storage left",
                # In MiB, unlike RDS's.
                measures=metric("FreeStorageSpace", Statistic.MINIMUM),
                breaches=Comparison.BELOW,
                threshold=thresholds.search_free_storage_gib * _GIB / _MIB,
                silence=Silence.IS_FINE,
                period_seconds=_FIVE_MINUTES,
            ),
        ),
    )
