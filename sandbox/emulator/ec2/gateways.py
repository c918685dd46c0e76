"""NAT gateways: public unless asked otherwise; deletion frees the Elastic IP address and the network interface."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.nat_gateways:NatGateway.__init__",
    sha256="55c0a1d4b4eb1c881046d5cf3f706cbd254a522163de284c9027e112bd30ab14",
    upstream="CreateNatGateway without ConnectivityType makes a gateway of no connectivity type; AWS makes it public.",
)
def _init(
    original: Any,
    gateway: NatGateway,
    backend: NatGatewayBackend,
    subnet_id: str,
    allocation_id: str,
    tags: dict[str, str] | None = None,
    connectivity_type: str | None = None,
) -> None:
    original(gateway, backend, subnet_id, allocation_id, tags, connectivity_type or "public")


@patch(
    "moto.ec2.models.nat_gateways:NatGatewayBackend.delete_nat_gateway",
    sha256="7b921d3edb72c7ec686da188b2935352704345dca86d7035ba2b695037e70137",
    upstream="DeleteNatGateway leaves the gateway's interface in the subnet and its Elastic IP address associated.",
)
def _delete_nat_gateway(original: Any, backend: NatGatewayBackend, nat_gateway_id: str) -> NatGateway:
    gateway = backend.nat_gateways.get(nat_gateway_id)
    if gateway is None or gateway.state == "deleted":
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")
    for address in backend.addresses:
        if address.eni is gateway._eni:
            backend.disassociate_address(address=address.public_ip)
    backend.delete_network_interface(gateway._eni.id)
    return original(backend, nat_gateway_id)
