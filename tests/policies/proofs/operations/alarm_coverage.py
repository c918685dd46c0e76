"""What must be watched: see ``policies/rules/operations/alarm_coverage.py``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.model.rule import StackRule
from policies.rules.operations import alarm_coverage
from tests.policies.analyzer import UNKNOWN, Node, node, token_of
from tests.policies.proof import Breakage, Nodes, Proof

VPC = (node(aws.ec2.Vpc, "vpc"),)
DATABASE = node(aws.rds.Instance, "db")
CACHE = node(aws.elasticache.ReplicationGroup, "cache")
SEARCH = node(aws.opensearch.Domain, "search")
ENVIRONMENT = node(aws.elasticbeanstalk.Environment, "front")
BALANCER = node(aws.lb.LoadBalancer, "balancer")
SERVER = node(aws.ec2.Instance, "server")
LINK = node(aws.ec2.VpnConnection, "link")
CERTIFICATE = node(aws.acm.Certificate, "regional", certificateBody="-----BEGIN CERTIFICATE-----\nMIID")
COPY = node(aws.acm.Certificate, "copy", certificateBody=CERTIFICATE.properties["certificateBody"])


def _alarm(metric: str, subject: Node) -> Node:
    return node(aws.cloudwatch.MetricAlarm, f"{subject.name}-{metric}", metricName=metric, dimensions=subject)


def _queried(subject: Node, expression: str) -> Node:
    queries = [{"id": "result", "expression": expression}]
    alarm = node(aws.cloudwatch.MetricAlarm, f"{subject.name}-queries", metricQueries=queries)
    return replace(alarm, origins={"metricQueries": (subject.urn,)})


def _watched(subject: Node, *metrics: str) -> Nodes:
    return (*(_alarm(metric, subject) for metric in metrics), subject)


def _without(metric: str) -> Breakage:
    """Production without its alarms on a metric."""

    def breakage(nodes: Sequence[Node]) -> list[Node]:
        kind = token_of(aws.cloudwatch.MetricAlarm)
        left = [each for each in nodes if each.token != kind or metric not in json.dumps(each.properties)]
        assert len(left) < len(nodes), f"production has no alarm on {metric}"
        return left

    return breakage


def _proof(
    rule: StackRule, subject: Node, *metrics: str, lost: str, passing: Mapping[str, Nodes] | None = None
) -> Proof:
    """An alarm a metric is right, each of them is missed, and another resource's alarms do not count."""
    other = replace(subject, urn=f"{subject.urn}-2")
    return Proof(
        rule=rule,
        passing={"each metric": _watched(subject, *metrics), **(passing or {})},
        failing={
            **{f"no {name}": _watched(subject, *(each for each in metrics if each != name)) for name in metrics},
            "another's alarms": (*_watched(other, *metrics)[:-1], subject),
        },
        absent=(subject,),
        unknown=(_queried(subject, UNKNOWN), subject),
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=_without(lost),
    )


PROOFS = (
    _proof(
        alarm_coverage.ALARMS_COVER_DATABASES,
        DATABASE,
        "CPUUtilization",
        "DatabaseConnections",
        "FreeStorageSpace",
        "FreeableMemory",
        lost="FreeableMemory",
    ),
    _proof(
        alarm_coverage.ALARMS_COVER_CACHES,
        CACHE,
        "DatabaseMemoryUsagePercentage",
        "Evictions",
        lost="DatabaseMemoryUsagePercentage",
    ),
    _proof(
        alarm_coverage.ALARMS_COVER_SEARCH, SEARCH, "ClusterStatus.red", "FreeStorageSpace", lost="ClusterStatus.red"
    ),
    _proof(alarm_coverage.ALARMS_COVER_ENVIRONMENTS, ENVIRONMENT, "EnvironmentHealth", lost="EnvironmentHealth"),
    _proof(
        alarm_coverage.ALARMS_COVER_LOAD_BALANCERS,
        BALANCER,
        "HTTPCode_Target_5XX_Count",
        "UnHealthyHostCount",
        lost="UnHealthyHostCount",
        passing={
            "by queries": (
                _queried(BALANCER, "SELECT MAX(UnHealthyHostCount) FROM SCHEMA(...)"),
                _alarm("HTTPCode_ELB_5XX_Count", BALANCER),
                BALANCER,
            ),
        },
    ),
    _proof(alarm_coverage.ALARMS_COVER_HOLDS, BALANCER, "HoldArmed", lost="HoldArmed"),
    _proof(alarm_coverage.ALARMS_COVER_SERVERS, SERVER, "StatusCheckFailed", lost="StatusCheckFailed"),
    _proof(alarm_coverage.ALARMS_COVER_VPN_LINKS, LINK, "TunnelState", lost="TunnelState"),
    _proof(
        alarm_coverage.ALARMS_COVER_CERTIFICATES,
        CERTIFICATE,
        "DaysToExpiry",
        lost="DaysToExpiry",
        passing={"its copy": (CERTIFICATE, _alarm("DaysToExpiry", CERTIFICATE), COPY)},
    ),
)
