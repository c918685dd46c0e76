"""The alarms of a site and its data stores, as values."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.monitoring.alarm import Alarm, AlarmGroup, Comparison, Expression, Metric, MissingData, Statistic
from settings.monitoring import ThresholdSettings

_MIB, _GIB = 2**20, 2**30
_FIVE_MINUTES = 300


def of_database(name: str, identifier: pulumi.Input[str], thresholds: ThresholdSettings) -> AlarmGroup:
    """The alarms of an RDS database: load, free storage and memory, and missing data."""

    def metric(measure: str, statistic: Statistic) -> Metric:
        return Metric(
            namespace="AWS/RDS", name=measure, dimensions={"DBInstanceIdentifier": identifier}, statistic=statistic
        )

    return AlarmGroup(
        key=name,
        description=f"The {name} is overloaded, short of room, or silent",
        alarms=(
            Alarm(
                key=f"{name}-cpu",
                description=f"CPU of the {name} is above {thresholds.database_cpu_percent} %",
                metric=metric("CPUUtilization", Statistic.AVERAGE),
                comparison=Comparison.ABOVE,
                threshold=thresholds.database_cpu_percent,
                missing_data=MissingData.NOT_BREACHING,
            ),
            Alarm(
                key=f"{name}-connections",
                description=f"More than {thresholds.database_connections} connections to the {name}",
                metric=metric("DatabaseConnections", Statistic.AVERAGE),
                comparison=Comparison.ABOVE,
                threshold=thresholds.database_connections,
                missing_data=MissingData.NOT_BREACHING,
            ),
            Alarm(
                key=f"{name}-storage",
                description=f"The {name} has less than {thresholds.database_free_storage_gib} GiB of storage left, "
                "and has not grown by itself",
                metric=metric("FreeStorageSpace", Statistic.MINIMUM),
                comparison=Comparison.BELOW,
                threshold=thresholds.database_free_storage_gib * _GIB,
                missing_data=MissingData.NOT_BREACHING,
                period_seconds=_FIVE_MINUTES,
            ),
            Alarm(
                key=f"{name}-memory",
                description=f"The {name} has less than {thresholds.database_free_memory_mib} MiB of memory left",
                metric=metric("FreeableMemory", Statistic.MINIMUM),
                comparison=Comparison.BELOW,
                threshold=thresholds.database_free_memory_mib * _MIB,
                missing_data=MissingData.NOT_BREACHING,
                period_seconds=_FIVE_MINUTES,
            ),
            # RDS publishes metrics of a running instance every minute. A Multi-AZ failover takes one or two ("Failing
            # over a Multi-AZ DB instance"). Only this alarm reports missing data, so that a restart raises one alarm.
            Alarm(
                key=f"{name}-silent",
                description=f"Nothing has been heard of the {name} for five minutes: it is stopped, restarting or gone",
                metric=metric("CPUUtilization", Statistic.SAMPLE_COUNT),
                comparison=Comparison.BELOW,
                threshold=1,
                missing_data=MissingData.BREACHING,
                datapoints=5,
            ),
        ),
    )


def of_environments(
    key: str, environments: Mapping[str, pulumi.Input[str]], thresholds: ThresholdSettings, more: tuple[Alarm, ...] = ()
) -> AlarmGroup:
    """The health of Beanstalk environments that fail together, by name. The alarms of ``more`` share their mail."""
    health = tuple(
        Alarm(
            key=f"{name}-health",
            description=f"Beanstalk's health of {name} has been above {thresholds.environment_health} for 15 minutes",
            metric=Metric(
                namespace="AWS/ElasticBeanstalk",
                name="EnvironmentHealth",
                dimensions={"EnvironmentName": environment},
                statistic=Statistic.MAXIMUM,
            ),
            comparison=Comparison.ABOVE,
            threshold=thresholds.environment_health,
            # Published every minute while the environment exists, even without instances.
            missing_data=MissingData.BREACHING,
            period_seconds=_FIVE_MINUTES,
        )
        for name, environment in environments.items()
    )
    return AlarmGroup(key=key, description=f"{key} does not answer as it should", alarms=(*health, *more))


def of_load_balancer(load_balancer: pulumi.Input[str], thresholds: ThresholdSettings) -> tuple[Alarm, ...]:
    """The errors of an Application Load Balancer, which it publishes only when there are any."""

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
            description=f"The load balancer itself fails more than {thresholds.load_balancer_errors} requests a minute",
            # The maintenance hold answers 503, which is no fault. Without healthy instances, the load balancer answers
            # 503 too; the environments' health reports that.
            metric=Expression(
                text="FILL(every, 0) - FILL(unavailable, 0)",
                metrics={"every": count("HTTPCode_ELB_5XX_Count"), "unavailable": count("HTTPCode_ELB_503_Count")},
            ),
            comparison=Comparison.ABOVE,
            threshold=thresholds.load_balancer_errors,
            missing_data=MissingData.NOT_BREACHING,
        ),
        Alarm(
            key="target-errors",
            description=f"The instances fail more than {thresholds.target_errors} requests a minute",
            metric=count("HTTPCode_Target_5XX_Count"),
            comparison=Comparison.ABOVE,
            threshold=thresholds.target_errors,
            missing_data=MissingData.NOT_BREACHING,
        ),
        Alarm(
            key="unhealthy-hosts",
            description="An instance behind the load balancer has failed its health check for five minutes",
            # Hosts are counted by target group. Beanstalk makes those, so a query finds them by the load balancer.
            metric=Expression(
                text=pulumi.Output.format(
                    'SELECT MAX(UnHealthyHostCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) '
                    "WHERE LoadBalancer = '{}'",
                    load_balancer,
                )
            ),
            comparison=Comparison.ABOVE,
            threshold=0,
            missing_data=MissingData.NOT_BREACHING,
            datapoints=5,
        ),
    )


def of_cache(name: str, node_ids: tuple[pulumi.Input[str], ...], thresholds: ThresholdSettings) -> AlarmGroup:
    """The alarms of each node of a cache. A node that is being replaced has no data, which raises no alarm.

    ``name`` is that of the alarms, such as ``cache`` or ``session-cache``.
    """
    spelled = name.replace("-", " ")

    def alarm(number: int, node: pulumi.Input[str], what: str, measure: str, statistic: Statistic, most: int) -> Alarm:
        return Alarm(
            key=f"{name}-{number}-{what.replace(' ', '-')}",
            description=f"{spelled.capitalize()} node {number}: {what} ({measure}) above {most}",
            metric=Metric(
                namespace="AWS/ElastiCache", name=measure, dimensions={"CacheClusterId": node}, statistic=statistic
            ),
            comparison=Comparison.ABOVE,
            threshold=most,
            missing_data=MissingData.NOT_BREACHING,
        )

    return AlarmGroup(
        key=name,
        description=f"The {spelled} throws out what it should keep, is full, or its replica falls behind",
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
                # Published only by replicas. After a failover, that is another node.
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
    """The first two alarms that AWS recommends for an OpenSearch domain ("Recommended CloudWatch alarms")."""

    def metric(measure: str, statistic: Statistic) -> Metric:
        return Metric(
            namespace="AWS/ES",
            name=measure,
            dimensions={"DomainName": domain_name, "ClientId": account_id},
            statistic=statistic,
        )

    return AlarmGroup(
        key="search",
        description="The search engine has lost data, or is about to refuse more",
        alarms=(
            Alarm(
                key="search-red",
                description="A part of the search index has no copy left: the catalogue is searched in part",
                metric=metric("ClusterStatus.red", Statistic.MAXIMUM),
                comparison=Comparison.ABOVE,
                threshold=0,
                missing_data=MissingData.NOT_BREACHING,
            ),
            Alarm(
                key="search-storage",
                description=f"A search node has less than {thresholds.search_free_storage_gib} GiB of storage left",
                # In MiB, unlike RDS's metric, which is in bytes.
                metric=metric("FreeStorageSpace", Statistic.MINIMUM),
                comparison=Comparison.BELOW,
                threshold=thresholds.search_free_storage_gib * _GIB / _MIB,
                missing_data=MissingData.NOT_BREACHING,
                period_seconds=_FIVE_MINUTES,
            ),
        ),
    )
