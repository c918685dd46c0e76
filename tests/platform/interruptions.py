"""Which planned changes interrupt what shoppers and people use, by the documents of AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.generated.aws_types import (
    backup,
    bcmdata,
    cloudwatch,
    ec2,
    elasticache,
    elasticbeanstalk,
    rds,
    route53,
    secretsmanager,
    sns,
    vpc,
)

_Step = Mapping[str, Any]
"""The metadata of a step, as the engine's events have it."""

_SERVER_STOPS = "the server stops and starts"
_CACHE = "the cache is away until a replica takes over or, without one, until the node is ready again"
UPDATES: Mapping[str, Mapping[str, str]] = {
    # "Settings for DB instances": the settings with downtime.
    rds.Instance: {
        "instanceClass": "the database restarts, in its window or at once, as `apply_changes` says",
        "engineVersion": "the database is upgraded",
        "storageType": "the database restarts",
    },
    # "Scaling Valkey or Redis OSS (cluster mode disabled) clusters", "Version management for ElastiCache".
    elasticache.ReplicationGroup: {"nodeType": _CACHE, "engineVersion": _CACHE},
    # "Change the instance type for your Amazon EC2 instance".
    ec2.Instance: {"instanceType": _SERVER_STOPS},
    # "Modify the customer gateway for an AWS Site-to-Site VPN connection".
    ec2.VpnConnection: {"customerGatewayId": "the link is down while AWS moves it to the new device"},
}
"""The properties of which an update interrupts, though nothing is replaced, and what is away."""

REPLACEMENTS: Mapping[str, str] = {
    ec2.Instance: "the server is replaced",
    ec2.VpnConnection: "the link is made again, and its device needs the new configuration",
    elasticbeanstalk.Environment: "the environment is replaced",
    route53.Record: "the old name is gone",
}
"""Types whose replacement interrupts."""

SMOOTH: Mapping[str, str] = {
    backup.Selection: "the next copy is made by the new one",
    bcmdata.Export: "AWS writes the next report from the new one",
    cloudwatch.CompositeAlarm: "the new one watches before the old one goes",
    cloudwatch.MetricAlarm: "the new one watches before the old one goes",
    ec2.CustomerGateway: "it is only the entry of a device; the link says what becomes of it",
    ec2.EipAssociation: "it goes with the server or its interface",
    ec2.VolumeAttachment: "it goes with the server",
    elasticache.ParameterGroup: "the cache takes the new one, and says what becomes of it",
    rds.ParameterGroup: "the database takes the new one, and says what becomes of it",
    secretsmanager.SecretVersion: "readers get the newest one",
    sns.TopicSubscription: "AWS mails the new address to confirm",
    vpc.SecurityGroupIngressRule: "the new one lets in before the old one goes",
}
"""Types whose replacement interrupts nothing, and why."""

DELETIONS: Mapping[str, str] = {
    # "NAT gateway basics": a connection that goes through it is lost.
    ec2.NatGateway: "connections that go through a NAT gateway that is deleted end",
}
"""Types whose deletion interrupts others than the users of what is taken away."""

_INSTANCES = ("aws:autoscaling:launchconfiguration", "aws:ec2:instances")
"""The namespaces of options that replace the instances ("Rolling environment configuration updates")."""
_SOFTWARE = (
    "aws:elasticbeanstalk:application:environment",
    "aws:elasticbeanstalk:application:environmentsecrets",
    "aws:elasticbeanstalk:container:php:phpini",
    "aws:elasticbeanstalk:environment:proxy",
)
"""The namespaces of options that are applied on all instances at once. docs/hosts.md has what was measured."""


def interruptions(steps: Sequence[_Step]) -> Iterator[str]:
    """What is away for a while, or for good, once the steps are done. A type that this module does not know is one."""
    for step in steps:
        kind, operation = step["type"], step["op"]
        if operation == "update":
            changed = step.get("diffs") or ()
            yield from (UPDATES[kind][each] for each in changed if each in UPDATES.get(kind, ()))
            if kind == elasticbeanstalk.Environment:
                yield from _of_an_environment(step)
        elif operation == "replace" and kind in REPLACEMENTS:
            yield REPLACEMENTS[kind]
        elif operation == "replace" and kind not in SMOOTH:
            yield f"{kind} is replaced"
        elif operation == "delete" and kind in DELETIONS:
            yield DELETIONS[kind]
    # Another name in the stack file is another resource: one is made, and the other is deleted.
    made, deleted = ({step["type"] for step in steps if step["op"] == operation} for operation in ("create", "delete"))
    yield from (reason for kind, reason in REPLACEMENTS.items() if kind in made & deleted)


def _of_an_environment(step: _Step) -> Iterator[str]:
    before, after = (_options(step[state]["inputs"]) for state in ("old", "new"))
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    changed_namespaces = {namespace for namespace, _ in changed}
    replaces = changed_namespaces & set(_INSTANCES) or "solutionStackName" in (step.get("diffs") or ())
    if replaces and before["aws:autoscaling:asg", "MinSize"] == "1":
        yield "the environment's only instance is replaced"
    if changed_namespaces & set(_SOFTWARE):
        yield "the web server restarts on all instances at once, for one to three seconds"


def _options(inputs: Mapping[str, Any]) -> dict[tuple[str, str], object]:
    return {(each["namespace"], each["name"]): each["value"] for each in inputs["settings"]}
