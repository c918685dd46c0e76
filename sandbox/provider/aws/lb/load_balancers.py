"""``aws.lb.LoadBalancer``: an application or network load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.lb.attributes import Attribute, as_mapping, as_text, from_records, not_default, to_records
from sandbox.provider.aws.lb.tagging import TaggedByArn, creation_tags

ATTRIBUTES = {
    "desyncMitigationMode": Attribute("routing.http.desync_mitigation_mode", "defensive"),
    "dropInvalidHeaderFields": Attribute("routing.http.drop_invalid_header_fields.enabled", False),
    "enableDeletionProtection": Attribute("deletion_protection.enabled", False),
    "enableHttp2": Attribute("routing.http2.enabled", True),
    "idleTimeout": Attribute("idle_timeout.timeout_seconds", 60),
}


LOG_PREFIX = "access_logs.s3"

LOG = Shape({"bucket": "bucket", "enabled": Leaf("enabled", default=False), "prefix": Leaf("prefix", default="")})


@adapter
class LoadBalancer(TaggedByArn):
    """An application load balancer unless the program says otherwise."""

    token = "aws:lb/loadBalancer:LoadBalancer"
    not_found = ("LoadBalancerNotFound",)
    emulation = "listeners, rules and targets are kept; no traffic flows through them"
    properties = {
        **{name: Property(default=attribute.default) for name, attribute in ATTRIBUTES.items()},
        "accessLogs": Property(),
        "internal": Property(computed=True, replaces=True),
        "loadBalancerType": Property(default="application", replaces=True),
        "name": Property(replaces=True, autoname=AutoName(max_length=32)),
        "securityGroups": Property(computed=True, unordered=True),
        "subnets": Property(required=True, unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "arnSuffix", "dnsName", "vpcId", "zoneId")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(LOG.unknown_keys(inputs.get("accessLogs"), "accessLogs"))

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elbv2").create_load_balancer(
            Name=inputs["name"],
            Subnets=inputs["subnets"],
            Scheme="internal" if inputs.get("internal") else "internet-facing",
            Type=inputs["loadBalancerType"],
            **arguments(inputs, {"securityGroups": "SecurityGroups"}),
            **creation_tags(inputs),
        )
        return str(answer["LoadBalancers"][0]["LoadBalancerArn"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(
            f"load balancer {inputs['name']} to be active",
            lambda: bool(_describe(aws, id)["State"]["Code"] == "active"),
        )
        logs = {"accessLogs"} if inputs.get("accessLogs") else set()
        self._set_attributes(aws, id, inputs, not_default(ATTRIBUTES, inputs) | logs)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        balancer = _describe(aws, id)
        attributes = aws.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=id)["Attributes"]
        return {
            **from_records(ATTRIBUTES, attributes),
            "accessLogs": _log(as_mapping(attributes), state.get("accessLogs")),
            "internal": balancer["Scheme"] == "internal",
            "loadBalancerType": balancer["Type"],
            "name": balancer["LoadBalancerName"],
            "securityGroups": balancer.get("SecurityGroups", []),
            "subnets": [zone["SubnetId"] for zone in balancer["AvailabilityZones"]],
            "tags": self.tagging.read(aws, id),
            "arn": id,
            "arnSuffix": id.partition(":loadbalancer/")[2],
            "dnsName": balancer["DNSName"],
            "vpcId": balancer["VpcId"],
            "zoneId": balancer["CanonicalHostedZoneId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        elbv2 = aws.client("elbv2")
        if "securityGroups" in changed:
            elbv2.set_security_groups(LoadBalancerArn=id, SecurityGroups=new.get("securityGroups", []))
        if "subnets" in changed:
            elbv2.set_subnets(LoadBalancerArn=id, Subnets=new["subnets"])
        self._set_attributes(aws, id, new, changed)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elbv2").delete_load_balancer(LoadBalancerArn=id)

    def _set_attributes(self, aws: Aws, id: str, values: Values, names: frozenset[str] | set[str]) -> None:
        records = to_records(ATTRIBUTES, values, names)
        if "accessLogs" in names:
            destination = {"enabled": False, **(values.get("accessLogs") or {})}
            records += [{"Key": f"{LOG_PREFIX}.{key}", "Value": as_text(value)} for key, value in destination.items()]
        if records:
            aws.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=id, Attributes=records)


def _describe(aws: Aws, id: str) -> Mapping[str, Any]:
    balancer: Mapping[str, Any] = aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[id])["LoadBalancers"][0]
    return balancer


def _log(attributes: Mapping[str, str], said: Values | None) -> Values | None:
    """A log's destination; none for a log that is off, whose last destination AWS still answers."""
    answer = {key: attributes.get(f"{LOG_PREFIX}.{key}") for key in ("bucket", "prefix")}
    enabled = attributes.get(f"{LOG_PREFIX}.enabled") == "true"
    if not answer["bucket"] or not (enabled or said):
        return None
    return LOG.from_aws({**answer, "enabled": enabled}, said)
