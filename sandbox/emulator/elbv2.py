"""Load balancers: AWS's defaults and refusals, what listeners are served with, priorities that change places."""

from __future__ import annotations

import secrets
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer, FakeRule
from moto.elbv2.responses import SSL_POLICIES, ELBV2Response

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

HOSTED_ZONES = {"eu-west-3": "Z3Q77PNBQS71R4", "us-east-1": "Z35SXDOTRQ7X7K"}
"""Route 53's zone of application load balancers' names. Source: AWS General Reference, ELB endpoints."""

APPLICATION_DEFAULTS = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}

SECURE = ("HTTPS", "TLS")


@patch(
    "moto.elbv2.models:ELBv2Backend.create_load_balancer",
    sha256="d4e9fff051139caf9c3e8a1cfe2a9f59e0acc16c3acba4e26cee2aa7302e190a",
    upstream="CreateLoadBalancer accepts a name that is taken, since it compares ARNs with a random part.",
)
def _create_load_balancer(original: Any, backend: ELBv2Backend, **settings: Any) -> FakeLoadBalancer:
    name = settings["name"]
    if any(balancer.name == name for balancer in backend.load_balancers.values()):
        raise AwsError("DuplicateLoadBalancerName", f"A load balancer with the name '{name}' already exists.")
    settings["scheme"] = settings.get("scheme") or "internet-facing"
    balancer = original(backend, **settings)
    balancer.canonical_hosted_zone_id = HOSTED_ZONES.get(backend.region_name, balancer.canonical_hosted_zone_id)
    label = f"{name}-{secrets.randbelow(10**9) + 10**9}"
    if balancer.scheme == "internal":
        label = f"internal-{label}"
    balancer.dns_name = f"{label}.{backend.region_name}.elb.amazonaws.com"
    if balancer.type == "application":
        balancer.attrs = dict(APPLICATION_DEFAULTS)
    return balancer


@patch(
    "moto.elbv2.models:ELBv2Backend.delete_load_balancer",
    sha256="f16b219d3366b7ab4fe1dc05097fa3e7a529fa92e26934b08e1697d6aed3f1f4",
    upstream="DeleteLoadBalancer ignores deletion protection.",
)
def _delete_load_balancer(original: Any, backend: ELBv2Backend, arn: str) -> None:
    balancer = backend.load_balancers.get(arn)
    if balancer is not None and balancer.attrs["deletion_protection.enabled"] == "true":
        raise AwsError("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted: deletion protection is on.")
    original(backend, arn)


@patch(
    "moto.elbv2.models:ELBv2Backend.create_listener",
    sha256="4d03cc78c19156a9de2bc4dbf3af7f7ff83f68038f78aa1811b7310e4488dc7b",
    upstream="CreateListener accepts a port that is taken and an unknown TLS policy, and gives HTTP a TLS policy.",
)
def _create_listener(original: Any, backend: ELBv2Backend, **settings: Any) -> FakeListener:
    balancer = backend.load_balancers.get(settings["load_balancer_arn"])
    if balancer is not None and any(int(other.port) == int(settings["port"]) for other in balancer.listeners.values()):
        raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
    if settings["protocol"] in SECURE:
        if settings["ssl_policy"] not in SSL_POLICIES:
            raise AwsError("SSLPolicyNotFound", f"SSL policy '{settings['ssl_policy']}' not found")
    else:
        settings["ssl_policy"] = None
    return original(backend, **settings)


@patch(
    "moto.elbv2.responses:ELBV2Response.create_listener",
    sha256="d2982d223972eedf03fc47e08b0252f68abf86c4c334175509efeb4a0ec5a69b",
    upstream="CreateListener ignores MutualAuthentication.",
)
def _respond_create_listener(original: Any, response: ELBV2Response) -> ActionResult:
    return _with_mutual_authentication(original(response), response)


@patch(
    "moto.elbv2.responses:ELBV2Response.modify_listener",
    sha256="0db1fe4e3ea9da93c6f4841f03841a6fef09da96eadb352b4b7124fb92d6944f",
    upstream="ModifyListener ignores MutualAuthentication.",
)
def _respond_modify_listener(original: Any, response: ELBV2Response) -> ActionResult:
    return _with_mutual_authentication(original(response), response)


@patch(
    "moto.elbv2.models:FakeListener.rules",
    sha256="d46ef9742fe3237c18e8ec28f9b80cd1b14355efda6e558af14c128ba1d4d790",
    upstream="DescribeRules does not sort by priority, since the sorted copy is discarded.",
)
def _rules(original: Any, listener: FakeListener) -> dict[Any, FakeRule]:
    """In the order in which they are tried, the default rule last."""
    rules = original(listener).items()
    return dict(
        sorted(rules, key=lambda item: (item[1].is_default, 0 if item[1].is_default else int(item[1].priority)))
    )


@patch(
    "moto.elbv2.models:ELBv2Backend.set_rule_priorities",
    sha256="5c5727e35b694a7e77723b845dda75dee888a8e09b4609d917493c7ea62cafef",
    upstream="SetRulePriorities refuses to swap the priorities of two rules.",
)
def _set_rule_priorities(original: Any, backend: ELBv2Backend, rule_priorities: list[dict[str, Any]]) -> list[FakeRule]:
    """Rules may take each other's priority: they give up their own first."""
    moved = {change["RuleArn"] for change in rule_priorities}
    rules = backend.describe_rules(listener_arn=None, rule_arns=list(moved))
    before = [(rule, rule.priority) for rule in rules]
    for place, rule in enumerate(rules, start=1):
        rule.priority = -place
    try:
        return list(original(backend, rule_priorities))
    except Exception:
        for rule, priority in before:
            rule.priority = priority
        raise


def _with_mutual_authentication(answer: ActionResult, response: ELBV2Response) -> ActionResult:
    """Keep what the request says of clients' certificates, which upstream drops; a secure listener starts without."""
    for listener in answer.result["Listeners"]:
        asked = response._get_param("MutualAuthentication")
        if asked:
            listener.mutual_authentication = dict(asked)
        elif listener.protocol == "HTTPS" and not hasattr(listener, "mutual_authentication"):
            listener.mutual_authentication = {"Mode": "off"}
    return answer
