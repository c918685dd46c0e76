"""Ways out of a VPC.

NAT gateways are public unless asked otherwise, and fail without an internet gateway. Their deletion frees the Elastic
IP address and the network interface. An internet gateway stays attached while public addresses are in use.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


def reaches_internet(backend: Any, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to the VPC. AWS makes the default VPC with one."""
    if backend.get_vpc(vpc_id).is_default:
        return True
    return any(gateway.vpc is not None and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values())


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
    """As on AWS, a public gateway in a VPC without an internet gateway is made and fails."""
    is_public = connectivity_type != "private"
    vpc_id = backend.get_subnet(subnet_id).vpc_id
    fails = is_public and not reaches_internet(backend, vpc_id)
    original(gateway, backend, subnet_id, "" if fails else allocation_id, tags, connectivity_type or "public")
    if fails:
        gateway.state = "failed"
        gateway.failure_code = "Gateway.NotAttached"
        gateway.failure_message = f"Network {vpc_id} has no Internet gateway attached"


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


@patch(
    "moto.ec2.models.internet_gateways:InternetGatewayBackend.detach_internet_gateway",
    sha256="b162143b01b50035dfed5429b12aa96ac2b13a51a8ec5b27e96236ec8037ebdc",
    upstream="DetachInternetGateway detaches the gateway of a VPC in which public addresses are in use.",
)
def _detach(original: Any, backend: InternetGatewayBackend, internet_gateway_id: str, vpc_id: str) -> None:
    if any(address.eni and address.eni.subnet.vpc_id == vpc_id for address in backend.addresses):
        raise AwsError(
            "DependencyViolation",
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before "
            "detaching the gateway.",
        )
    original(backend, internet_gateway_id, vpc_id)
