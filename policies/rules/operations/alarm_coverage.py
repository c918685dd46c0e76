"""Alarms: every system of production has alarms on the metrics that show its faults."""

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
"""Names of CloudWatch metrics. ``A|B`` asks for one of the two."""

_METRIC_PROPERTIES = ("dimensions", "metricQueries")
"""The properties of an alarm that name its metric. Their origins join the alarm to a resource."""


def _watched(metrics: Metrics) -> Callable[[Resource, Stack, Config], Findings]:
    def check(subject: Resource, stack: Stack, _: Config) -> Findings:
        alarms = list(_alarms_of(stack, subject))
        for metric in metrics:
            yield from _watched_by(subject, alarms, metric)

    return check


def _alarms_of(stack: Stack, subject: Resource) -> Iterator[Resource]:
    for name in _METRIC_PROPERTIES:
        yield from stack.from_origin(cloudwatch.MetricAlarm, name, subject)


def _watched_by(subject: Resource, alarms: list[Resource], metric: str) -> Findings:
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, metric.split('|')))})\b")
    readings = [reading for alarm in alarms for reading in _metric_names(alarm)]
    if any(isinstance(each, Known) and names.search(str(each.value)) for each in readings):
        return
    if any(isinstance(each, Unknown) for each in readings):
        yield Undecided(resource=subject, path=f"alarms on {metric}")
        return
    wanted = metric.replace("|", " or ")
    yield Violation(resource=subject, got=f"no alarm on {wanted}", expected="one", part=wanted)


def _metric_names(alarm: Resource) -> Iterator[Reading]:
    """Where an alarm names its metric: in itself, or in its queries."""
    yield alarm.properties.read("metricName")
    for query in alarm.properties.each("metricQueries"):
        yield within(query, "metric", "metricName")
        yield within(query, "expression")


def _check_certificate(certificate: Resource, stack: Stack, _: Config) -> Findings:
    body = certificate.properties.read("certificateBody")
    # CloudFront needs a copy in another region, which expires on the same day.
    copies = (
        each
        for each in stack.of_type(acm.Certificate)
        if each is certificate or (isinstance(body, Known) and each.properties.read("certificateBody") == body)
    )
    alarms = [alarm for each in copies for alarm in _alarms_of(stack, each)]
    yield from _watched_by(certificate, alarms, "DaysToExpiry")


_FIX = (
    "pass it to MonitoringSuite in __main__.py, or add an aws.cloudwatch.MetricAlarm "
    "whose dimensions are taken from it."
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
    why="A database whose storage is full stops all writes, so shoppers cannot order.",
)
ALARMS_COVER_CACHES = _coverage(
    "alarms-cover-caches",
    elasticache.ReplicationGroup,
    ("DatabaseMemoryUsagePercentage", "Evictions"),
    why="A cache whose memory is full evicts sessions, and shoppers lose their carts.",
)
ALARMS_COVER_SEARCH = _coverage(
    "alarms-cover-search",
    opensearch.Domain,
    ("ClusterStatus.red", "FreeStorageSpace"),
    why="Without its search engine Magento shows no categories and finds no products.",
)
ALARMS_COVER_ENVIRONMENTS = _coverage(
    "alarms-cover-environments",
    elasticbeanstalk.Environment,
    ("EnvironmentHealth",),
    why="When Beanstalk reports an environment as unhealthy, some users already cannot reach it.",
)
ALARMS_COVER_LOAD_BALANCERS = _coverage(
    "alarms-cover-load-balancers",
    lb.LoadBalancer,
    ("HTTPCode_ELB_5XX_Count|HTTPCode_Target_5XX_Count", "UnHealthyHostCount"),
    why="Shoppers see most faults as errors of the load balancer, whatever the cause.",
)
ALARMS_COVER_HOLDS = _coverage(
    "alarms-cover-holds",
    lb.LoadBalancer,
    ("HoldArmed",),
    why="A maintenance hold that a dead release left armed turns every shopper away, at night without a single request "
    "that would show it.",
)
ALARMS_COVER_SERVERS = _coverage(
    "alarms-cover-servers",
    ec2.Instance,
    ("StatusCheckFailed",),
    why="There is one server of each kind, so nothing takes over when it fails.",
)
ALARMS_COVER_VPN_LINKS = _coverage(
    "alarms-cover-vpn-links",
    ec2.VpnConnection,
    ("TunnelState",),
    why="The client's stock and orders go over the VPN link, and its failure may stay unnoticed until the next day.",
)
ALARMS_COVER_CERTIFICATES = _coverage(
    "alarms-cover-certificates",
    acm.Certificate,
    (),
    why="AWS does not renew an imported certificate, and no page of the shop works after it expires.",
    check=_check_certificate,
)

RULES = (
    ALARMS_COVER_DATABASES,
    ALARMS_COVER_CACHES,
    ALARMS_COVER_SEARCH,
    ALARMS_COVER_ENVIRONMENTS,
    ALARMS_COVER_LOAD_BALANCERS,
    ALARMS_COVER_HOLDS,
    ALARMS_COVER_SERVERS,
    ALARMS_COVER_VPN_LINKS,
    ALARMS_COVER_CERTIFICATES,
)
