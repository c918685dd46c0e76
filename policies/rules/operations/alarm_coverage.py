"""What must be watched: each system of production, by the metrics that tell its faults before shoppers do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pulumi_policy import Severity

from policies.generated.aws_types import acm, cloudwatch, ec2, elasticache, elasticbeanstalk, lb, opensearch, rds
from policies.model.expectations import within
from policies.model.properties import Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, Sources, StackRule, Undecided, Violation

Metrics = tuple[str, ...]
"""Names of CloudWatch's; ``A|B`` asks for one of the two."""

_MEASURED_BY = ("dimensions", "metricQueries")
"""The properties by which an alarm knows what it measures, and which a resource is joined to its alarms by."""


def _watched(metrics: Metrics) -> Callable[[Resource, Stack, Config], Findings]:
    def check(subject: Resource, stack: Stack, _: Config) -> Findings:
        alarms = list(_alarms_of(stack, subject))
        for metric in metrics:
            yield from _watched_by(subject, alarms, metric)

    return check


def _alarms_of(stack: Stack, subject: Resource) -> Iterator[Resource]:
    for name in _MEASURED_BY:
        yield from stack.from_origin(cloudwatch.MetricAlarm, name, subject)


def _watched_by(subject: Resource, alarms: list[Resource], metric: str) -> Findings:
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, metric.split('|')))})\b")
    readings = [reading for alarm in alarms for reading in _measured(alarm)]
    if any(isinstance(each, Known) and names.search(str(each.value)) for each in readings):
        return
    if any(isinstance(each, Unknown) for each in readings):
        yield Undecided(resource=subject, path=f"alarms on {metric}")
        return
    wanted = metric.replace("|", " or ")
    yield Violation(resource=subject, has=f"no alarm on {wanted}", must="one", part=wanted)


def _measured(alarm: Resource) -> Iterator[Reading]:
    """What names a metric: the alarm itself, or its queries and their text."""
    yield alarm.properties.read("metricName")
    for query in alarm.properties.each("metricQueries"):
        yield within(query, "metric", "metricName")
        yield within(query, "expression")


def _check_certificate(certificate: Resource, stack: Stack, _: Config) -> Findings:
    body = certificate.properties.read("certificateBody")
    # CloudFront wants a copy in another region, which ends on the same day.
    copies = (
        each
        for each in stack.of_type(acm.Certificate)
        if each is certificate or (isinstance(body, Known) and each.properties.read("certificateBody") == body)
    )
    alarms = [alarm for each in copies for alarm in _alarms_of(stack, each)]
    yield from _watched_by(certificate, alarms, "DaysToExpiry")


_FIX = (
    "hand it to MonitoringSuite in __main__.py, or give it an aws.cloudwatch.MetricAlarm "
    "whose dimensions are made from it."
)
_SOURCES = Sources(
    pci=("10.4.1",), other='Amazon CloudWatch, "Recommended alarms"; AWS Well-Architected Framework, REL06-BP01'
)


def _coverage(
    id_: str,
    kind: str,
    metrics: Metrics,
    *,
    why: str,
    check: Callable[[Resource, Stack, Config], Findings] | None = None,
) -> StackRule:
    return StackRule(
        id=id_,
        severity=Severity.HIGH,
        why=why,
        fix=_FIX,
        sources=_SOURCES,
        production_only=True,
        on_unknown=OnUnknown.DEFER,
        applies_to=(kind,),
        check=check or _watched(metrics),
    )


ALARMS_COVER_DATABASES = _coverage(
    "alarms-cover-databases",
    rds.Instance,
    ("CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "FreeableMemory"),
    why="A database that fills up stops all writes, and every shopper's order is one.",
)
ALARMS_COVER_CACHES = _coverage(
    "alarms-cover-caches",
    elasticache.ReplicationGroup,
    ("DatabaseMemoryUsagePercentage", "Evictions"),
    why="A cache without room throws sessions out, and shoppers lose their carts.",
)
ALARMS_COVER_SEARCH = _coverage(
    "alarms-cover-search",
    opensearch.Domain,
    ("ClusterStatus.red", "FreeStorageSpace"),
    why="Without its search engine Magento shows no category and finds no product.",
)
ALARMS_COVER_ENVIRONMENTS = _coverage(
    "alarms-cover-environments",
    elasticbeanstalk.Environment,
    ("EnvironmentHealth",),
    why="An environment that Beanstalk finds ill is down for somebody already.",
)
ALARMS_COVER_LOAD_BALANCERS = _coverage(
    "alarms-cover-load-balancers",
    lb.LoadBalancer,
    ("HTTPCode_ELB_5XX_Count|HTTPCode_Target_5XX_Count", "UnHealthyHostCount"),
    why="What shoppers see of a fault are errors of the load balancer, whatever caused them.",
)
ALARMS_COVER_SERVERS = _coverage(
    "alarms-cover-servers",
    ec2.Instance,
    ("StatusCheckFailed",),
    why="Each server is the only one of its kind: nothing takes over when it is down.",
)
ALARMS_COVER_VPN_LINKS = _coverage(
    "alarms-cover-vpn-links",
    ec2.VpnConnection,
    ("TunnelState",),
    why="Behind a link are the stock and the orders of the client, which nobody misses until the day after.",
)
ALARMS_COVER_CERTIFICATES = _coverage(
    "alarms-cover-certificates",
    acm.Certificate,
    (),
    why="AWS does not renew an imported certificate, and with it ends every page of the shop.",
    check=_check_certificate,
)

RULES = (
    ALARMS_COVER_DATABASES,
    ALARMS_COVER_CACHES,
    ALARMS_COVER_SEARCH,
    ALARMS_COVER_ENVIRONMENTS,
    ALARMS_COVER_LOAD_BALANCERS,
    ALARMS_COVER_SERVERS,
    ALARMS_COVER_VPN_LINKS,
    ALARMS_COVER_CERTIFICATES,
)
