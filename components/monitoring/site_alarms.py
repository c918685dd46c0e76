"""The alarms of a site and its data stores, as values."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.monitoring import hold_watch
from components.monitoring.alarm import Alarm, AlarmGroup, Comparison, Expression, Metric, MissingData, Statistic
from settings.monitoring import ThresholdSettings

_MIB, _GIB = 2**20, 2**30
_FIVE_MINUTES, _FIFTEEN_MINUTES, _ONE_DAY = 300, 900, 86_400


def of_database(name: str, identifier: pulumi.Input[str], thresholds: ThresholdSettings) -> tuple[Alarm, ...]:
    """The alarms of an RDS database: load, free storage and memory, and missing data."""

    def metric(measure: str, statistic: Statistic) -> Metric:
        return Metric(
            namespace="AWS/RDS", name=measure, dimensions={"DBInstanceIdentifier": identifier}, statistic=statistic
        )

    return (
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
    )


def of_environments(environments: Mapping[str, pulumi.Input[str]], thresholds: ThresholdSettings) -> tuple[Alarm, ...]:
    """The health of Beanstalk environments, by name."""
    return tuple(
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


def of_hold(load_balancer: pulumi.Input[str], thresholds: ThresholdSettings) -> Alarm:
    """The alarm of a maintenance hold that is older than its limit, by the clock of ``HoldWatch``.

    It needs no word from the release tool, which may be dead, and no request of a shopper, who may be asleep.
    """
    return Alarm(
        key="hold-too-long",
        description=f"The maintenance hold has been armed for {thresholds.hold_minutes} minutes, or no look at it has "
        "succeeded in that time: ./shop release status says what to type",
        metric=Metric(
            namespace=hold_watch.NAMESPACE,
            name=hold_watch.METRIC,
            dimensions={"LoadBalancer": load_balancer},
            # A hold that was taken away in between is another hold.
            statistic=Statistic.MINIMUM,
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        missing_data=MissingData.BREACHING,
        period_seconds=hold_watch.EVERY_MINUTES * 60,
        datapoints=thresholds.hold_minutes // hold_watch.EVERY_MINUTES,
    )


def of_cache(
    name: str, node_ids: tuple[pulumi.Input[str], ...], thresholds: ThresholdSettings
) -> tuple[AlarmGroup, ...]:
    """A group for each fault of a cache, over its nodes, which hold the same data and do the same work.

    ``name`` is that of the alarms, such as ``cache`` or ``session-cache``. A node that is being replaced has no data,
    which raises no alarm.
    """
    spelled = name.replace("-", " ")

    def group(what: str, measure: str, statistic: Statistic, most: int) -> AlarmGroup:
        return AlarmGroup(
            key=f"{name}-{what}",
            description=f"The {spelled}: {what.replace('-', ' ')} ({measure}) of a node is above {most}",
            alarms=tuple(
                Alarm(
                    key=f"{name}-{number}-{what}",
                    description=f"{spelled.capitalize()} node {number}: {what.replace('-', ' ')} ({measure}) "
                    f"above {most}",
                    metric=Metric(
                        namespace="AWS/ElastiCache",
                        name=measure,
                        dimensions={"CacheClusterId": node},
                        statistic=statistic,
                    ),
                    comparison=Comparison.ABOVE,
                    threshold=most,
                    missing_data=MissingData.NOT_BREACHING,
                )
                for number, node in enumerate(node_ids, start=1)
            ),
        )

    return (
        group("evictions", "Evictions", Statistic.SUM, thresholds.cache_evictions),
        group("memory", "DatabaseMemoryUsagePercentage", Statistic.MAXIMUM, thresholds.cache_memory_percent),
        # The engine works on one core: CPUUtilization, of all cores, can be low while it is at its limit.
        group("engine-cpu", "EngineCPUUtilization", Statistic.AVERAGE, thresholds.cache_engine_cpu_percent),
        # Published only by replicas. After a failover, that is another node.
        group("replica-lag", "ReplicationLag", Statistic.MAXIMUM, thresholds.cache_replica_lag_seconds),
    )


def of_search(
    domain_name: pulumi.Input[str], account_id: pulumi.Input[str], nodes: int, thresholds: ThresholdSettings
) -> tuple[Alarm | AlarmGroup, ...]:
    """The alarms that AWS recommends for a domain without dedicated masters ("Recommended CloudWatch alarms for Amazon
    OpenSearch Service").

    Left out are those whose threshold depends on the load: thread pools, shards, and the domain's 5xx answers, which
    show in the shop's own.
    """

    def alarm(
        what: str,
        measure: str,
        description: str,
        *,
        statistic: Statistic = Statistic.MAXIMUM,
        comparison: Comparison = Comparison.ABOVE,
        threshold: float = 0,
        period_seconds: int = 60,
        datapoints: int = 1,
    ) -> Alarm:
        return Alarm(
            key=f"search-{what}",
            description=description,
            metric=Metric(
                namespace="AWS/ES",
                name=measure,
                dimensions={"DomainName": domain_name, "ClientId": account_id},
                statistic=statistic,
            ),
            comparison=comparison,
            threshold=threshold,
            missing_data=MissingData.NOT_BREACHING,
            period_seconds=period_seconds,
            datapoints=datapoints,
        )

    lost = "A part of the search index has no copy left: the catalogue is searched in part"
    single = "A part of the search index has no second copy: if one more node fails, it is lost"
    free = f"A search node has less than {thresholds.search_free_storage_gib} GiB of storage left"
    blocked = "The search domain refuses to index: the storage or the memory of a node is full"
    missing = f"The search domain has had fewer than {nodes} nodes for a day"
    unsaved = "OpenSearch could not make its hourly snapshot of the search index"
    busy = f"CPU of a search node has been above {thresholds.search_cpu_percent} % for 45 minutes"
    return (
        alarm("red", "ClusterStatus.red", lost),
        # One node has no place for second copies, so its indexes are always yellow.
        *([alarm("yellow", "ClusterStatus.yellow", single, datapoints=5)] if nodes > 1 else []),
        alarm(
            "storage",
            "FreeStorageSpace",
            free,
            statistic=Statistic.MINIMUM,
            comparison=Comparison.BELOW,
            # In MiB, unlike RDS's metric, which is in bytes.
            threshold=thresholds.search_free_storage_gib * _GIB / _MIB,
            period_seconds=_FIVE_MINUTES,
            datapoints=3,
        ),
        alarm("writes-blocked", "ClusterIndexWritesBlocked", blocked, period_seconds=_FIVE_MINUTES),
        alarm(
            "nodes",
            "Nodes",
            missing,
            statistic=Statistic.MINIMUM,
            comparison=Comparison.BELOW,
            threshold=nodes,
            period_seconds=_ONE_DAY,
        ),
        alarm("snapshot", "AutomatedSnapshotFailure", unsaved),
        alarm(
            "cpu",
            "CPUUtilization",
            busy,
            threshold=thresholds.search_cpu_percent,
            period_seconds=_FIFTEEN_MINUTES,
            datapoints=3,
        ),
        AlarmGroup(
            key="search-memory",
            description="The Java heap of a search node is nearly full: the node may stop",
            alarms=tuple(
                alarm(what, measure, f"{measure} of a search node is above {most} %", threshold=most, datapoints=3)
                for what, measure, most in (
                    ("jvm-memory", "JVMMemoryPressure", thresholds.search_memory_percent),
                    ("jvm-old-memory", "OldGenJVMMemoryPressure", thresholds.search_old_memory_percent),
                )
            ),
        ),
        AlarmGroup(
            key="search-key",
            description="The search domain cannot use its KMS key: AWS deletes a domain whose key stays away",
            alarms=tuple(
                alarm(what, measure, f"{measure} of the search domain is 1")
                for what, measure in (("key-error", "KMSKeyError"), ("key-inaccessible", "KMSKeyInaccessible"))
            ),
        ),
    )
