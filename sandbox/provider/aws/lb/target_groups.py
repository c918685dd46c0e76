"""``aws.lb.TargetGroup``: the servers that a load balancer sends requests to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import TAGS, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.lb.attributes import Attribute, as_mapping, as_text, from_records, not_default, to_records
from sandbox.provider.aws.lb.tagging import TaggedByArn, creation_tags, read_tags

ATTRIBUTES = {
    "connectionTermination": Attribute("deregistration_delay.connection_termination.enabled", False),
    "deregistrationDelay": Attribute("deregistration_delay.timeout_seconds", 300),
    "lambdaMultiValueHeadersEnabled": Attribute("lambda.multi_value_headers.enabled", False),
    "loadBalancingAlgorithmType": Attribute("load_balancing.algorithm.type", "round_robin"),
    "loadBalancingAnomalyMitigation": Attribute("load_balancing.algorithm.anomaly_mitigation", "off"),
    "loadBalancingCrossZoneEnabled": Attribute("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    "proxyProtocolV2": Attribute("proxy_protocol_v2.enabled", False),
    "slowStart": Attribute("slow_start.duration_seconds", 0),
}
AWS_CHOOSES = {
    "connectionTermination",
    "loadBalancingAlgorithmType",
    "loadBalancingAnomalyMitigation",
    "loadBalancingCrossZoneEnabled",
}
"""The attributes that the official provider leaves to AWS."""

HEALTH_CHECK = Shape(
    {
        "enabled": Leaf("HealthCheckEnabled", default=True),
        "healthyThreshold": Leaf("HealthyThresholdCount", default=3),
        "interval": Leaf("HealthCheckIntervalSeconds", default=30),
        "matcher": Leaf("Matcher", default="200"),
        "path": Leaf("HealthCheckPath", default="/"),
        "port": Leaf("HealthCheckPort", default="traffic-port"),
        "protocol": Leaf("HealthCheckProtocol", default="HTTP"),
        "timeout": Leaf("HealthCheckTimeoutSeconds", default=5),
        "unhealthyThreshold": Leaf("UnhealthyThresholdCount", default=3),
    }
)
OFFICIAL_THRESHOLDS = {"healthyThreshold": 3, "unhealthyThreshold": 3}
"""What the official provider asks for when a health check leaves them out; AWS's own are 5 and 2."""

STICKINESS = Shape(
    {
        "type": "type",
        "enabled": Leaf("enabled", default=True),
        "cookieDuration": Leaf("cookieDuration", default=86400),
        "cookieName": "cookieName",
    }
)


@adapter
class TargetGroup(TaggedByArn):
    """Its servers are registered by whoever makes them, such as an Auto Scaling group."""

    token = "aws:lb/targetGroup:TargetGroup"
    not_found = ("TargetGroupNotFound",)
    properties = {
        **{
            name: Property(computed=True) if name in AWS_CHOOSES else Property(default=attribute.default)
            for name, attribute in ATTRIBUTES.items()
        },
        "healthCheck": Property(computed=True),
        "ipAddressType": Property(computed=True, replaces=True),
        "name": Property(replaces=True, autoname=AutoName(max_length=32)),
        "port": Property(replaces=True),
        "protocol": Property(computed=True, replaces=True),
        "protocolVersion": Property(computed=True, replaces=True),
        "stickiness": Property(computed=True),
        "tags": TAGS,
        "targetType": Property(default="instance", replaces=True),
        "vpcId": Property(replaces=True),
    }
    outputs = ("arn", "arnSuffix", "loadBalancerArns")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [
            *HEALTH_CHECK.strangers(inputs.get("healthCheck"), "healthCheck"),
            *STICKINESS.strangers(inputs.get("stickiness"), "stickiness"),
        ]

    def create(self, aws: Aws, inputs: Values) -> str:
        given = {
            "IpAddressType": "ipAddressType",
            "Port": "port",
            "Protocol": "protocol",
            "ProtocolVersion": "protocolVersion",
            "VpcId": "vpcId",
        }
        answer = aws.client("elbv2").create_target_group(
            Name=inputs["name"],
            TargetType=inputs["targetType"],
            **{argument: inputs[name] for argument, name in given.items() if inputs.get(name)},
            **_health_check_arguments(inputs.get("healthCheck")),
            **creation_tags(inputs),
        )
        return str(answer["TargetGroups"][0]["TargetGroupArn"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        told = not_default(ATTRIBUTES, inputs) | ({"stickiness"} if inputs.get("stickiness") else set())
        self._set_attributes(aws, id, inputs, told)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        elbv2 = aws.client("elbv2")
        group = elbv2.describe_target_groups(TargetGroupArns=[id])["TargetGroups"][0]
        attributes = elbv2.describe_target_group_attributes(TargetGroupArn=id)["Attributes"]
        checked = {**group, "Matcher": group.get("Matcher", {}).get("HttpCode")}
        return {
            **from_records(ATTRIBUTES, attributes),
            "healthCheck": HEALTH_CHECK.from_aws(checked, state.get("healthCheck")),
            "ipAddressType": group.get("IpAddressType"),
            "name": group["TargetGroupName"],
            "port": group.get("Port"),
            "protocol": group.get("Protocol"),
            "protocolVersion": group.get("ProtocolVersion"),
            "stickiness": _stickiness(as_mapping(attributes), state.get("stickiness")),
            "tags": read_tags(aws, id),
            "targetType": group["TargetType"],
            "vpcId": group.get("VpcId"),
            "arn": id,
            "arnSuffix": id.rpartition(":")[2],
            "loadBalancerArns": group.get("LoadBalancerArns", []),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "healthCheck" in changed and new.get("healthCheck"):
            aws.client("elbv2").modify_target_group(TargetGroupArn=id, **_health_check_arguments(new["healthCheck"]))
        self._set_attributes(aws, id, new, changed)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elbv2").delete_target_group(TargetGroupArn=id)

    def _set_attributes(self, aws: Aws, id: str, values: Values, names: frozenset[str] | set[str]) -> None:
        records: Sequence[Mapping[str, str]] = to_records(ATTRIBUTES, values, names)
        if "stickiness" in names and values.get("stickiness"):
            records = [*records, *_stickiness_records(values["stickiness"])]
        if records:
            aws.client("elbv2").modify_target_group_attributes(TargetGroupArn=id, Attributes=records)


def _health_check_arguments(health_check: Values | None) -> Values:
    if not health_check:
        return {}
    arguments = HEALTH_CHECK.to_aws({**OFFICIAL_THRESHOLDS, **health_check})
    if "Matcher" in arguments:
        arguments["Matcher"] = {"HttpCode": arguments["Matcher"]}
    return arguments


def _stickiness_records(stickiness: Values) -> list[dict[str, str]]:
    kind = stickiness["type"]
    settings = {"stickiness.type": kind, "stickiness.enabled": stickiness.get("enabled", True)}
    if kind in {"lb_cookie", "app_cookie"}:
        settings[f"stickiness.{kind}.duration_seconds"] = stickiness.get("cookieDuration", 86400)
    if kind == "app_cookie":
        settings["stickiness.app_cookie.cookie_name"] = stickiness["cookieName"]
    return [{"Key": key, "Value": as_text(value)} for key, value in settings.items()]


def _stickiness(attributes: Mapping[str, str], said: Values | None) -> Values:
    kind = attributes.get("stickiness.type")
    duration = attributes.get(f"stickiness.{kind}.duration_seconds")
    record = {
        "type": kind,
        "enabled": attributes.get("stickiness.enabled") == "true",
        "cookieDuration": int(duration) if duration else None,
        "cookieName": attributes.get("stickiness.app_cookie.cookie_name") or None,
    }
    return STICKINESS.from_aws(record, said)
