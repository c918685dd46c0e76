"""Customer gateways: the address and number of a device, one for each, which stays while a VPN connection uses it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.customer_gateways import CustomerGateways

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

_RESERVED_NUMBERS = {7224: None, 9059: "eu-west-1", 10124: "ap-northeast-1", 17943: "ap-southeast-1"}
"""BGP numbers that AWS keeps for itself, in all regions or in one ("Customer gateway options for your AWS Site-to-Site
VPN connection")."""


@patch(
    "moto.ec2.responses.customer_gateways:CustomerGateways.create_customer_gateway",
    sha256="98902c6e1bdb3f7a05bd51cfe9efa4961a65acc52ec826be1190a3e2bd901505",
    upstream="CreateCustomerGateway ignores DeviceName and CertificateArn, and makes a second one of a device.",
)
def _create_customer_gateway(original: Any, response: CustomerGateways) -> ActionResult:
    _check_address(response._get_param("IpAddress") or response._get_param("PublicIp"))
    _check_number(response._get_param("BgpAsn", response._get_param("BgpAsnExtended", 65000)), response.region)
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


def _check_address(written: str | None) -> None:
    """Raise ``AwsError`` for what is no address of a device.

    Private addresses are none of these: with Direct Connect, a VPN may run over private networks ("Private IP VPN").
    """
    if not written:  # a device with a certificate needs none
        return
    try:
        address = ip_address(written)
    except ValueError:
        raise _invalid(written, "ipAddress") from None
    if address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast:
        raise _invalid(written, "ipAddress")
    if address.version == 4 and address.is_reserved:
        raise _invalid(written, "ipAddress")


def _check_number(written: object, region: str) -> None:
    number = int(str(written))
    if not 1 <= number <= 4_294_967_295 or _RESERVED_NUMBERS.get(number, "") in (None, region):
        raise _invalid(str(number), "bgpAsn")


def _invalid(value: str, parameter: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"Value ({value}) for parameter {parameter} is invalid.")
