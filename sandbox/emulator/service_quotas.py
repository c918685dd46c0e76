"""Service Quotas: AWS's defaults of what the stacks come near to. No account here has a value of its own."""

from __future__ import annotations

from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.emulator.patching import operation, patch

_EC2 = "Amazon Elastic Compute Cloud (Amazon EC2)"
_DEFAULTS = {
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0),
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5.0),
}
"""Sources: AWS General Reference, "Amazon EC2 endpoints and quotas"; Amazon EC2 user guide, "On-Demand Instance
quotas". AWS gives an account more vCPUs as it runs more."""


@patch(
    "moto.servicequotas.models:ServiceQuotasBackend.get_service_quota",
    sha256="04bbefd9f0223e728a283fcffd2170356031f1ebe011b1b8b00969711c56fcda",
)
def _get_service_quota(
    original: Any, backend: ServiceQuotasBackend, service_code: str, quota_code: str
) -> dict[str, Any]:
    """AWS has no value of the account's own for a quota of EC2 that nobody asked to raise."""
    if (service_code, quota_code) in _DEFAULTS:
        raise NoSuchResource
    found: dict[str, Any] = original(backend, service_code, quota_code)
    return found


@operation(ServiceQuotasResponse)
def get_aws_default_service_quota(response: ServiceQuotasResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    service, code = parameters["ServiceCode"], parameters["QuotaCode"]
    if (service, code) not in _DEFAULTS:
        return {"Quota": response.backend.get_service_quota(service, code)}
    name, value = _DEFAULTS[service, code]
    return {
        "Quota": {
            "ServiceCode": service,
            "ServiceName": _EC2,
            "QuotaArn": f"arn:aws:servicequotas:{response.region}::{service}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": value,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
    }
