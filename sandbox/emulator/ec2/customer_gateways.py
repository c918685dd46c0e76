"""Customer gateways: one for a device, which stays while a VPN connection uses it."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.customer_gateways import CustomerGateways

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.responses.customer_gateways:CustomerGateways.create_customer_gateway",
    sha256="98902c6e1bdb3f7a05bd51cfe9efa4961a65acc52ec826be1190a3e2bd901505",
    upstream="CreateCustomerGateway ignores DeviceName and CertificateArn, and makes a second one of a device.",
)
def _create_customer_gateway(original: Any, response: CustomerGateways) -> ActionResult:
    known = response.ec2_backend.customer_gateways
    wanted = response._get_param("Type"), response._get_param("IpAddress"), str(response._get_param("BgpAsn"))
    for gateway in known.values():
        if (gateway.type, gateway.ip_address, str(gateway.bgp_asn)) == wanted and gateway.state == "available":
            # AWS answers with the one that is there ("CreateCustomerGateway").
            return ActionResult({"CustomerGateway": gateway})
    answer = original(response)
    gateway = answer.result["CustomerGateway"]
    gateway.device_name = response._get_param("DeviceName")
    gateway.certificate_arn = response._get_param("CertificateArn")
    return answer


@patch(
    "moto.ec2.models.customer_gateways:CustomerGatewayBackend.delete_customer_gateway",
    sha256="2651897edd0d4f75d095fd3a05c1d041a6919408d88b6671e5ad1ef6fb4119d6",
    upstream="DeleteCustomerGateway deletes one that a VPN connection uses.",
)
def _delete_customer_gateway(original: Any, backend: Any, customer_gateway_id: str) -> None:
    connections = backend.vpn_connections.values()
    if any(each.customer_gateway_id == customer_gateway_id and each.state != "deleted" for each in connections):
        raise AwsError("IncorrectState", "The customer gateway is in use.")
    original(backend, customer_gateway_id)
