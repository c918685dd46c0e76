"""RDS: supported versions, changes in the maintenance window, and logs, metrics and events."""

from __future__ import annotations

import re

from pulumi_policy import EnforcementLevel, Severity

from policies.generated.aws_types import rds
from policies.model.expectations import accepted, at_least, is_not, shown, spelled
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_OLDEST_MYSQL = (8, 4)
"""8.0 has been without standard support since 31 July 2026 ("Supported MySQL engine versions on Amazon RDS")."""
_LOGS = {"mysql": ("error", "slowquery"), "mariadb": ("error", "slowquery")}
"""The logs that explain why a shop is slow or down. Audit and general logs would hold every shopper's query."""
# RDS.20 also asks for maintenance and configuration changes, which every other `pulumi up` causes.
_EVENTS = frozenset({"failover", "failure"})


def _check_minor(database: Resource, _: Config) -> Findings:
    yield from is_not(database, "autoMinorVersionUpgrade", False)


def _check_version(database: Resource, _: Config) -> Findings:
    match database.properties.read("engine"):
        case Known("mysql"):
            yield from accepted(
                database,
                "engineVersion",
                database.properties.read("engineVersion"),
                _is_supported,
                f"{'.'.join(map(str, _OLDEST_MYSQL))} or later",
            )
        case Unknown():
            yield Undecided(resource=database, path="engine")


def _is_supported(version: object) -> bool:
    numbers = re.match(r"(\d+)\.(\d+)", str(version))
    return numbers is not None and tuple(map(int, numbers.groups())) >= _OLDEST_MYSQL


def _check_logs(database: Resource, _: Config) -> Findings:
    path = "enabledCloudwatchLogsExports"
    exported = tuple(database.properties.each(path))
    match database.properties.read("engine"):
        case Known(str() as engine):
            wanted = _LOGS.get(engine, ())
        case _:
            yield Undecided(resource=database, path="engine")
            return
    missing = [log for log in wanted if Known(log) not in exported]
    if missing and Unknown() in exported:
        yield Undecided(resource=database, path=path)
    elif missing or not exported:
        yield Violation(
            resource=database,
            got=f"{spelled(path)}={shown(Known(exported))}" if exported else f"no {spelled(path)}",
            expected=" and ".join(wanted) or "the error log",
            part=spelled(path),
        )


def _check_planned(database: Resource, _: Config) -> Findings:
    yield from is_not(database, "applyImmediately", True)
    yield from is_not(database, "allowMajorVersionUpgrade", True)


def _check_metrics(database: Resource, _: Config) -> Findings:
    yield from at_least(database, "monitoringInterval", 1)


def _check_events(database: Resource, stack: Stack, _: Config) -> Findings:
    subscriptions = [each for each in stack.of_type(rds.EventSubscription) if _is_on(each)]
    own = [each for each in subscriptions if _names(each, database)]
    missing = [event for event in sorted(_EVENTS) if not any(_includes(each, event) for each in own)]
    unclear = [each for each in subscriptions if _names_unknown_databases(each)]
    if missing and unclear:
        yield Undecided(resource=unclear[0], path="sourceIds")
        return
    for event in missing:
        yield Violation(
            resource=database,
            got=f"no rds.EventSubscription to {event}",
            expected="one",
            part=event,
        )


def _is_on(subscription: Resource) -> bool:
    kind = subscription.properties.read("sourceType")
    # Without a type it covers everything in RDS.
    return subscription.properties.read("enabled") != Known(False) and kind in (Known("db-instance"), Absent())


def _names(subscription: Resource, database: Resource) -> bool:
    # Without a list it covers every database of the account.
    return database in subscription.origin("sourceIds", rds.Instance) or not _elements(
        subscription.properties.read("sourceIds")
    )


def _names_unknown_databases(subscription: Resource) -> bool:
    """Whether it names only databases that are unknown until the update, and none of this stack."""
    return Unknown() in _elements(subscription.properties.read("sourceIds")) and not subscription.origin(
        "sourceIds", rds.Instance
    )


def _includes(subscription: Resource, event: str) -> bool:
    categories = _elements(subscription.properties.read("eventCategories"))
    return not categories or Known(event) in categories or Unknown() in categories


def _elements(reading: Reading) -> tuple[Reading, ...]:
    match reading:
        case Known(tuple() as elements):
            return elements
        case Unknown():
            return (reading,)
    return ()


RDS_MINOR_UPGRADE = ResourceRule(
    id="rds-minor-upgrade",
    severity=Severity.MEDIUM,
    why="Minor versions fix known vulnerabilities, and installing each by hand is forgotten.",
    fix="leave auto_minor_version_upgrade out or set it to True; upgrades run in the maintenance window.",
    sources=Sources(fsbp=("RDS.13", "RDS.35"), cis=("3.2.2",), pci=("6.3.3",)),
    applies_to=(rds.Instance, rds.ClusterInstance),
    check=_check_minor,
)

RDS_ENGINE_SUPPORTED = ResourceRule(
    id="rds-engine-supported",
    severity=Severity.MEDIUM,
    why="After standard support ends, AWS charges extra for patches and later upgrades the database on its own date.",
    fix='test the upgrade in preprod, then set engine_version="8.4".',
    sources=Sources(pci=("6.3.3",), other="RDS User Guide: Supported MySQL engine versions on Amazon RDS"),
    applies_to=(rds.Instance,),
    check=_check_version,
)

RDS_LOGS_EXPORTED = ResourceRule(
    id="rds-logs-exported",
    severity=Severity.MEDIUM,
    why="RDS keeps logs on the database's disk for a few days, and deletes them with the database.",
    fix='set enabled_cloudwatch_logs_exports=["error", "slowquery"].',
    sources=Sources(fsbp=("RDS.9", "RDS.34"), pci=("10.2.1",)),
    applies_to=(rds.Instance,),
    check=_check_logs,
)

RDS_NO_APPLY_IMMEDIATELY = ResourceRule(
    id="rds-no-apply-immediately",
    severity=Severity.MEDIUM,
    why="A change that is applied immediately may restart the database while customers place orders.",
    fix="leave apply_immediately and allow_major_version_upgrade out; the change is applied in the maintenance window.",
    sources=Sources(other="RDS User Guide: Using the schedule modifications setting"),
    production_only=True,
    applies_to=(rds.Instance, rds.Cluster),
    check=_check_planned,
)

RDS_ENHANCED_MONITORING = ResourceRule(
    id="rds-enhanced-monitoring",
    severity=Severity.LOW,
    why="Only enhanced monitoring shows which processes use a database's memory and CPU.",
    fix="set monitoring_interval=60 and monitoring_role_arn.",
    sources=Sources(fsbp=("RDS.6",)),
    production_only=True,
    applies_to=(rds.Instance,),
    check=_check_metrics,
)

RDS_EVENT_SUBSCRIPTION = StackRule(
    id="rds-event-subscription",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    why="RDS reports a failover or a failing disk only as an event, and no metric shows it.",
    fix='add an rds.EventSubscription with source_type="db-instance" for the database, with failover and failure.',
    sources=Sources(fsbp=("RDS.20",), pci=("10.4.1",)),
    production_only=True,
    on_unknown=OnUnknown.DEFER,
    applies_to=(rds.Instance,),
    check=_check_events,
)

RULES = (
    RDS_MINOR_UPGRADE,
    RDS_ENGINE_SUPPORTED,
    RDS_LOGS_EXPORTED,
    RDS_NO_APPLY_IMMEDIATELY,
    RDS_ENHANCED_MONITORING,
    RDS_EVENT_SUBSCRIPTION,
)
