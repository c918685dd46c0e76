"""Every log group that a resource would make for itself is in the stack, with an expiry and the stack's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from tests.unit.graph import Graph, Resource

SHORTEST_DAYS = 90


def _of_database(database: Resource) -> Iterator[str]:
    """RDS makes a group for each exported log, which never expires ("Publishing MySQL logs to Amazon CloudWatch Logs").

    ``RDSOSMetrics`` is not among them. All databases of an account share that group, so that no stack can own it, and
    RDS lets it expire after 30 days.
    """
    for log in database.inputs.get("enabledCloudwatchLogsExports", ()):
        yield f"/aws/rds/instance/{database.inputs['identifier']}/{log}"


def _of_domain(domain: Resource) -> Iterator[str]:
    for option in domain.inputs.get("logPublishingOptions", ()):
        yield _name(option["cloudwatchLogGroupArn"])


def _of_flow_log(flow_log: Resource) -> Iterator[str]:
    yield _name(flow_log.inputs["logDestination"])


def _of_cache(cluster: Resource) -> Iterator[str]:
    for delivery in cluster.inputs.get("logDeliveryConfigurations", ()):
        if delivery["destinationType"] == "cloudwatch-logs":
            yield delivery["destination"]


def _of_vpn(connection: Resource) -> Iterator[str]:
    for number in (1, 2):
        log = connection.inputs.get(f"tunnel{number}LogOptions", {}).get("cloudwatchLogOptions", {})
        if log.get("logEnabled"):
            yield _name(log["logGroupArn"])


def _of_firewall(logging: Resource) -> Iterator[str]:
    for arn in logging.inputs["logDestinationConfigs"]:
        if ":log-group:" in arn:
            yield _name(arn)


def _name(arn: str) -> str:
    return arn.partition(":log-group:")[2].removesuffix(":*")


MADE_BY: Mapping[type, Callable[[Resource], Iterator[str]]] = {
    aws.rds.Instance: _of_database,
    aws.opensearch.Domain: _of_domain,
    aws.ec2.FlowLog: _of_flow_log,
    aws.elasticache.ReplicationGroup: _of_cache,
    aws.ec2.VpnConnection: _of_vpn,
    aws.wafv2.WebAclLoggingConfiguration: _of_firewall,
}

MAKE_NONE: Mapping[str, str] = {
    "aws:cloudwatch/logDelivery:LogDelivery": "writes to the bucket of its destination",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "names a bucket",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": "names a distribution",
    "aws:cloudwatch/logGroup:LogGroup": "is one",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "permits writing",
    "aws:lb/loadBalancer:LoadBalancer": "writes to its bucket",
}
"""The other types with a word of logs in their token or their inputs."""


def _stack_groups(graph: Graph) -> dict[str, Resource]:
    return {each.outputs["id"]: each for each in graph.of_type(aws.cloudwatch.LogGroup)}


def test_every_log_group_that_a_resource_would_make_is_in_the_stack(graph: Graph) -> None:
    """A service that finds none makes one without an expiry and without the key, and leaves it behind."""
    groups = _stack_groups(graph)
    wanted = {name for kind, names in MADE_BY.items() for each in graph.of_type(kind) for name in names(each)}
    assert wanted
    assert wanted - groups.keys() == set()


def test_a_database_waits_for_its_log_groups(graph: Graph) -> None:
    """Otherwise RDS may be first, and the stack's group is refused as existing."""
    groups = _stack_groups(graph)
    for database in graph.of_type(aws.rds.Instance):
        assert {groups[name].urn for name in _of_database(database)} <= database.dependencies


def test_log_groups_expire(graph: Graph) -> None:
    days = {each.name: each.inputs.get("retentionInDays", 0) for each in graph.of_type(aws.cloudwatch.LogGroup)}
    assert [name for name, kept in days.items() if kept < SHORTEST_DAYS] == []


def test_beanstalk_lets_the_groups_that_it_makes_expire(graph: Graph) -> None:
    """Beanstalk makes the groups of an environment's instances itself. CloudWatch's own key encrypts them, since
    Beanstalk has no option for another."""
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        options = {
            each["name"]: each["value"]
            for each in environment.inputs["settings"]
            if each["namespace"] == "aws:elasticbeanstalk:cloudwatch:logs"
        }
        assert options["StreamLogs"] == "true"
        assert int(options["RetentionInDays"]) >= SHORTEST_DAYS


def test_no_type_that_may_log_is_left_out(graph: Graph) -> None:
    """A new kind of resource that logs needs a line in this file."""
    known = {kind.pulumi_type for kind in MADE_BY} | MAKE_NONE.keys()  # type: ignore[attr-defined]
    logging = {each.type for each in graph.resources if each.type.startswith("aws:") and _speaks_of_logs(each)}
    assert logging - known == set()


def _speaks_of_logs(resource: Resource) -> bool:
    return any("log" in word.lower().replace("catalog", "") for word in [resource.type, *_keys(resource.inputs)])


def _keys(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if value not in (None, False, (), [], {}):
            yield key
        if isinstance(value, Mapping):
            yield from _keys(value)


@pytest.mark.parametrize("service", ["lambda", "codebuild", "apigateway", "ecs"])
def test_services_that_make_groups_by_themselves_are_not_used(graph: Graph, service: str) -> None:
    """The first resource of one needs its groups here: ``/aws/lambda/<name>`` and so on."""
    assert [each.name for each in graph.resources if each.type.startswith(f"aws:{service}/")] == []
