"""Load balancers: AWS's default attributes, unique names, hosted zones and deletion protection."""

from __future__ import annotations

import secrets
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

from sandbox.emulator.ec2.gateways import reaches_internet
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

HOSTED_ZONES = {"eu-west-3": "Z3Q77PNBQS71R4", "us-east-1": "Z35SXDOTRQ7X7K"}
"""Hosted zones of the DNS names of Application Load Balancers. Source: AWS General Reference, ELB endpoints."""


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
    if settings["scheme"] == "internet-facing":
        _check_internet(backend, settings)
    balancer = original(backend, **settings)
    balancer.canonical_hosted_zone_id = HOSTED_ZONES.get(backend.region_name, balancer.canonical_hosted_zone_id)
    label = f"{name}-{secrets.randbelow(10**9) + 10**9}"
    if balancer.scheme == "internal":
        label = f"internal-{label}"
    balancer.dns_name = f"{label}.{backend.region_name}.elb.amazonaws.com"
    if balancer.type == "application":
        balancer.attrs = dict(APPLICATION_DEFAULTS)
    return balancer


def _check_internet(backend: ELBv2Backend, settings: dict[str, Any]) -> None:
    """Raise ``AwsError`` if the subnets are in a VPC without an internet gateway."""
    subnet_ids = settings.get("subnet_ids") or [each["SubnetId"] for each in settings.get("subnet_mappings") or ()]
    for subnet_id in subnet_ids:
        vpc_id = backend.ec2_backend.get_subnet(subnet_id).vpc_id
        if not reaches_internet(backend.ec2_backend, vpc_id):
            raise AwsError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")


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
