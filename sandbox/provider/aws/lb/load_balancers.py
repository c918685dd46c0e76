"""``aws.lb.LoadBalancer``: an application or network load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.lb.attributes import Attribute, as_mapping, as_text, from_records, not_default, to_records
from sandbox.provider.aws.lb.tagging import TaggedByArn, creation_tags, read_tags

ATTRIBUTES = {
    "clientKeepAlive": Attribute("client_keep_alive.seconds", 3600),
    "desyncMitigationMode": Attribute("routing.http.desync_mitigation_mode", "defensive"),
    "dropInvalidHeaderFields": Attribute("routing.http.drop_invalid_header_fields.enabled", False),
    "enableDeletionProtection": Attribute("deletion_protection.enabled", False),
    "enableHttp2": Attribute("routing.http2.enabled", True),
    "enableTlsVersionAndCipherSuiteHeaders": Attribute(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", False
    ),
    "enableWafFailOpen": Attribute("waf.fail_open.enabled", False),
    "enableXffClientPort": Attribute("routing.http.xff_client_port.enabled", False),
    "enableZonalShift": Attribute("zonal_shift.config.enabled", False),
    "idleTimeout": Attribute("idle_timeout.timeout_seconds", 60),
    "preserveHostHeader": Attribute("routing.http.preserve_host_header.enabled", False),
    "xffHeaderProcessingMode": Attribute("routing.http.xff_header_processing.mode", "append"),
}

CROSS_ZONE = {"enableCrossZoneLoadBalancing": Attribute("load_balancing.cross_zone.enabled", False)}
"""Apart, since it is a network load balancer's choice: an application load balancer always does it."""

LOGS = {"accessLogs": "access_logs.s3", "connectionLogs": "connection_logs.s3"}
"""Properties that hold a log's destination, and the prefix of its attributes."""

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
        "connectionLogs": Property(),
        "enableCrossZoneLoadBalancing": Property(computed=True),
        "internal": Property(computed=True, replaces=True),
        "ipAddressType": Property(computed=True),
        "loadBalancerType": Property(default="application", replaces=True),
        "name": Property(replaces=True, autoname=AutoName(max_length=32)),
        "securityGroups": Property(computed=True, unordered=True),
        "subnets": Property(required=True, unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "arnSuffix", "dnsName", "vpcId", "zoneId")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [problem for log in LOGS for problem in LOG.strangers(inputs.get(log), log)]

    def create(self, aws: Aws, inputs: Values) -> str:
        given = {"SecurityGroups": "securityGroups", "IpAddressType": "ipAddressType"}
        answer = aws.client("elbv2").create_load_balancer(
            Name=inputs["name"],
            Subnets=inputs["subnets"],
            Scheme="internal" if inputs.get("internal") else "internet-facing",
            Type=inputs["loadBalancerType"],
            **{argument: inputs[name] for argument, name in given.items() if inputs.get(name)},
            **creation_tags(inputs),
        )
        return str(answer["LoadBalancers"][0]["LoadBalancerArn"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(
            f"load balancer {inputs['name']} to be active",
            lambda: bool(_describe(aws, id)["State"]["Code"] == "active"),
        )
        told = not_default(ATTRIBUTES | CROSS_ZONE, inputs) | {log for log in LOGS if inputs.get(log)}
        self._set_attributes(aws, id, inputs, told)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        balancer = _describe(aws, id)
        attributes = aws.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=id)["Attributes"]
        application = balancer["Type"] == "application"
        return {
            **from_records(ATTRIBUTES if application else ATTRIBUTES | CROSS_ZONE, attributes),
            **{log: _log(as_mapping(attributes), prefix, state.get(log)) for log, prefix in LOGS.items()},
            "internal": balancer["Scheme"] == "internal",
            "ipAddressType": balancer["IpAddressType"],
            "loadBalancerType": balancer["Type"],
            "name": balancer["LoadBalancerName"],
            "securityGroups": balancer.get("SecurityGroups", []),
            "subnets": [zone["SubnetId"] for zone in balancer["AvailabilityZones"]],
            "tags": read_tags(aws, id),
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
        if "ipAddressType" in changed:
            elbv2.set_ip_address_type(LoadBalancerArn=id, IpAddressType=new["ipAddressType"])
        self._set_attributes(aws, id, new, changed)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elbv2").delete_load_balancer(LoadBalancerArn=id)

    def _set_attributes(self, aws: Aws, id: str, values: Values, names: frozenset[str] | set[str]) -> None:
        records = to_records(ATTRIBUTES | CROSS_ZONE, values, names)
        for log in sorted(LOGS.keys() & names):
            destination = {"enabled": False, **(values.get(log) or {})}
            records += [{"Key": f"{LOGS[log]}.{key}", "Value": as_text(value)} for key, value in destination.items()]
        if records:
            aws.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=id, Attributes=records)


def _describe(aws: Aws, id: str) -> Mapping[str, Any]:
    balancer: Mapping[str, Any] = aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[id])["LoadBalancers"][0]
    return balancer


def _log(attributes: Mapping[str, str], prefix: str, said: Values | None) -> Values | None:
    """A log's destination. AWS remembers the one of a log that was turned off, which then is nobody's property."""
    answer = {key: attributes.get(f"{prefix}.{key}") for key in ("bucket", "prefix")}
    enabled = attributes.get(f"{prefix}.enabled") == "true"
    if not answer["bucket"] or not (enabled or said):
        return None
    return LOG.from_aws({**answer, "enabled": enabled}, said)
