"""Load balancers: they drop invalid requests, write access logs, check health and span two zones."""

from __future__ import annotations

import re

from pulumi_policy import Severity

from policies.aws.option_settings import settings_of
from policies.generated.aws_types import ec2, elasticbeanstalk, lb
from policies.model.expectations import accepted, is_, is_set, one_of, require, spelled
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import (
    Config,
    Findings,
    OnUnknown,
    Remedy,
    ResourceRule,
    Sources,
    StackRule,
    Undecided,
    Violation,
)

_FEWEST_ZONES = 2
_DESYNC = "desyncMitigationMode"
_SAFE_DESYNC = ("defensive", "strictest")
_DROPPED = "dropInvalidHeaderFields"
_HIGHEST_HEALTHY = 399
_PROCESS = "aws:elasticbeanstalk:environment:process:"


def _is_application(balancer: Resource) -> bool:
    """Whether it is an Application Load Balancer, which is AWS's default. One of unknown type may be."""
    return balancer.properties.read("loadBalancerType") not in (Known("network"), Known("gateway"))


def _check_logs(balancer: Resource, _: Config) -> Findings:
    yield from is_(balancer, "accessLogs.enabled", True)
    yield from is_set(balancer, "accessLogs.bucket")


def _check_headers(balancer: Resource, _: Config) -> Findings:
    if _is_application(balancer):
        yield from is_(balancer, _DROPPED, True)


def _check_desync(balancer: Resource, _: Config) -> Findings:
    reading = balancer.properties.read(_DESYNC)
    # AWS's default is defensive.
    if _is_application(balancer) and not isinstance(reading, Absent):
        yield from one_of(balancer, _DESYNC, reading, _SAFE_DESYNC)


def _check_zones(balancer: Resource, _stack: Stack, _: Config) -> Findings:
    for name in ("subnets", "subnetMappings"):
        reading = balancer.properties.read(name)
        subnets = balancer.origin(name, ec2.Subnet)
        zones = {subnet.properties.read("availabilityZone") for subnet in subnets}
        match reading:
            case Known(tuple() as elements) if len(elements) < _FEWEST_ZONES:
                yield _one_zone(balancer, name, f"{len(elements)} subnet")
            case Known() | Unknown() if subnets and len(zones) < _FEWEST_ZONES and Unknown() not in zones:
                yield _one_zone(balancer, name, "subnets of one zone")
            # The subnets are another stack's. Once they are known, AWS refuses two in one zone.
            case Unknown() if not subnets:
                yield Undecided(resource=balancer, path=name)
    yield from _check_any_subnet(balancer)


def _check_any_subnet(balancer: Resource) -> Findings:
    if all(isinstance(balancer.properties.read(name), Absent) for name in ("subnets", "subnetMappings")):
        yield _one_zone(balancer, "subnets", "nothing")


def _one_zone(balancer: Resource, name: str, got: str) -> Violation:
    path = spelled(name)
    return Violation(resource=balancer, got=f"{got} in {path}", expected="subnets of two zones or more", part=path)


def _check_health(resource: Resource, _: Config) -> Findings:
    if resource.is_a(lb.TargetGroup):
        if resource.properties.read("protocol") in (Known("HTTP"), Known("HTTPS")):
            yield from is_set(resource, "healthCheck.path")
            matcher = resource.properties.read("healthCheck", "matcher")
            yield from _check_codes(resource, "healthCheck.matcher", matcher)
        return
    settings = settings_of(resource)
    for namespace in settings.namespaces(_PROCESS):
        if settings.text(namespace, "Protocol", "http") not in ("http", "https"):
            continue
        process = namespace.removeprefix(_PROCESS)
        yield from accepted(
            resource,
            f"{process} HealthCheckPath",
            settings.read(namespace, "HealthCheckPath"),
            bool,
            "the path of a page that needs the application",
        )
        yield from _check_codes(resource, f"{process} MatcherHTTPCode", settings.read(namespace, "MatcherHTTPCode"))


def _check_codes(resource: Resource, path: str, reading: Reading) -> Findings:
    """AWS's default is 200."""
    expected = f"codes up to {_HIGHEST_HEALTHY}, such as 200 or 200-399"
    yield from accepted(resource, path, reading, _are_healthy, expected, absent_is_accepted=True)


def _are_healthy(codes: str) -> bool:
    return all(int(code) <= _HIGHEST_HEALTHY for code in re.findall(r"\d+", str(codes)))


ALB_ACCESS_LOGS = ResourceRule(
    id="alb-access-logs",
    severity=Severity.MEDIUM,
    why="After an attack or an outage, the access logs are the only record of the requests.",
    fix="set access_logs with enabled=True and the bucket for load balancers' logs.",
    sources=Sources(fsbp=("ELB.5",), cis=("4.10",), pci=("10.2.1",)),
    # The platform keeps only production's logs: its bucket is for those.
    production_only=True,
    applies_to=(lb.LoadBalancer,),
    check=_check_logs,
)

ALB_DELETION_PROTECTION = ResourceRule(
    id="alb-deletion-protection",
    severity=Severity.MEDIUM,
    why="A recreated balancer has another DNS name, so the shop is unreachable until every record is updated.",
    fix="set enable_deletion_protection=True.",
    sources=Sources(fsbp=("ELB.6",)),
    production_only=True,
    applies_to=(lb.LoadBalancer,),
    check=require("enableDeletionProtection", True),
)

ALB_DROP_INVALID_HEADERS = ResourceRule(
    id="alb-drop-invalid-headers",
    severity=Severity.HIGH,
    why="Invalid headers can smuggle one request inside another, past the balancer's rules.",
    fix="set drop_invalid_header_fields=True.",
    sources=Sources(fsbp=("ELB.4",), pci=("6.2.4",)),
    applies_to=(lb.LoadBalancer,),
    check=_check_headers,
    remedy=Remedy(path=(_DROPPED,), value=True),
)

ALB_DESYNC = ResourceRule(
    id="alb-desync",
    severity=Severity.MEDIUM,
    why="A request that the balancer and the server interpret differently can poison caches and hijack sessions.",
    fix='leave desync_mitigation_mode out, or set it to "defensive" or "strictest".',
    sources=Sources(fsbp=("ELB.12",), pci=("6.2.4",)),
    applies_to=(lb.LoadBalancer,),
    check=_check_desync,
    remedy=Remedy(path=(_DESYNC,), value="defensive"),
)

ALB_MULTI_AZ = StackRule(
    id="alb-multi-az",
    severity=Severity.MEDIUM,
    why="If the balancer is in one zone and that zone fails, the shop is unreachable, even if its servers run "
    "elsewhere.",
    fix="pass the public subnets of two availability zones or more in subnets.",
    sources=Sources(fsbp=("ELB.13",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(lb.LoadBalancer,),
    check=_check_zones,
)

LOAD_BALANCER_HEALTH_CHECK = ResourceRule(
    id="load-balancer-health-check",
    severity=Severity.MEDIUM,
    why="A health check that accepts any page or any error sends shoppers to broken servers.",
    fix="check a page that fails when the application fails, and accept no codes above 399: set HealthCheckPath and "
    "MatcherHTTPCode of an environment's process, or health_check of a target group.",
    sources=Sources(other='"Health checks for your target groups"'),
    applies_to=(lb.TargetGroup, elasticbeanstalk.Environment),
    check=_check_health,
)

RULES = (
    ALB_ACCESS_LOGS,
    ALB_DELETION_PROTECTION,
    ALB_DROP_INVALID_HEADERS,
    ALB_DESYNC,
    ALB_MULTI_AZ,
    LOAD_BALANCER_HEALTH_CHECK,
)
