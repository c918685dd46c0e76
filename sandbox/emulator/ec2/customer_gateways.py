"""Customer gateways: device name and certificate."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.customer_gateways import CustomerGateways

from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.responses.customer_gateways:CustomerGateways.create_customer_gateway",
    sha256="98902c6e1bdb3f7a05bd51cfe9efa4961a65acc52ec826be1190a3e2bd901505",
    upstream="CreateCustomerGateway ignores DeviceName and CertificateArn.",
)
def _create_customer_gateway(original: Any, response: CustomerGateways) -> ActionResult:
    answer = original(response)
    gateway = answer.result["CustomerGateway"]
    gateway.device_name = response._get_param("DeviceName")
    gateway.certificate_arn = response._get_param("CertificateArn")
    return answer
