"""Service Quotas: AWS's defaults of what the stacks come near to. No account here has a value of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch

_EC2 = "Amazon Elastic Compute Cloud (Amazon EC2)"
_DEFAULTS = {
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0),
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5.0),
}
"""Sources: AWS General Reference, "Amazon EC2 endpoints and quotas"; Amazon EC2 user guide, "On-Demand Instance
quotas". AWS gives an account more vCPUs as it runs more."""

_OF_A_REQUEST = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "Unit", "GlobalQuota")
"""Members of a quota that a request for more has too."""


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
    return {"Quota": _default(response, parameters["ServiceCode"], parameters["QuotaCode"])}


@operation(ServiceQuotasResponse)
def list_aws_default_service_quotas(response: ServiceQuotasResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    service = parameters["ServiceCode"]
    codes = [code for known, code in _DEFAULTS if known == service]
    quotas = [_default(response, service, code) for code in codes]
    return {"Quotas": quotas or response.backend.list_aws_default_service_quotas(service)}


@operation(ServiceQuotasResponse)
def list_service_quotas(response: ServiceQuotasResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The account's own values: those of EC2 exist only after AWS raised them, which it never does here."""
    service = parameters["ServiceCode"]
    if any(known == service for known, _ in _DEFAULTS):
        return {"Quotas": []}
    return {"Quotas": response.backend.list_aws_default_service_quotas(service)}


@operation(ServiceQuotasResponse)
def request_service_quota_increase(response: ServiceQuotasResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The request stays pending: AWS's people take hours to days."""
    quota = _default(response, parameters["ServiceCode"], parameters["QuotaCode"])
    if parameters["DesiredValue"] <= quota["Value"]:
        raise AwsError(
            "IllegalArgumentException",
            f"You must provide a quota value greater than the current quota value of {quota['Value']}",
        )
    requests = _requests(response)
    if any(_is_for(each, quota) for each in requests):
        raise AwsError(
            "ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota."
        )
    now = datetime.now(UTC)
    requests.append(
        {
            **{
                name: quota[name]
                for name in ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "Unit")
            },
            "Id": uuid4().hex,
            "DesiredValue": parameters["DesiredValue"],
            "Status": "PENDING",
            "Created": now,
            "LastUpdated": now,
            "Requester": f'{{"accountId":"{response.current_account}"}}',
        }
    )
    return {"RequestedQuota": requests[-1]}


@operation(ServiceQuotasResponse)
def list_requested_service_quota_change_history(
    response: ServiceQuotasResponse, parameters: dict[str, Any]
) -> dict[str, Any]:
    wanted = {name: parameters[name] for name in ("ServiceCode", "Status") if name in parameters}
    return {"RequestedQuotas": [each for each in _requests(response) if wanted.items() <= each.items()]}


def _is_for(request: dict[str, Any], quota: dict[str, Any]) -> bool:
    return bool(request["QuotaArn"] == quota["QuotaArn"])


def _requests(response: ServiceQuotasResponse) -> list[dict[str, Any]]:
    """The requests of the account and region, kept on moto's backend, so that a reset deletes them."""
    requests: list[dict[str, Any]] = vars(response.backend).setdefault("requested_quotas", [])
    return requests


def _default(response: ServiceQuotasResponse, service: str, code: str) -> dict[str, Any]:
    """AWS's default. Raises AWS's error for a quota that is not known."""
    if (service, code) not in _DEFAULTS:
        quota: dict[str, Any] = response.backend.get_service_quota(service, code)
        return quota
    name, value = _DEFAULTS[service, code]
    return {
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
