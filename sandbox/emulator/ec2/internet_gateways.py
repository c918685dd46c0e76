"""Internet gateways: what AWS refuses in a VPC without one, and that a gateway in use stays attached."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


def reaches_internet(backend: Any, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to the VPC. AWS makes the default VPC with one."""
    if backend.get_vpc(vpc_id).is_default == "true":
        return True
    return any(gateway.vpc is not None and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values())


@patch(
    "moto.ec2.models.elastic_ip_addresses:ElasticAddressBackend.associate_address",
    sha256="02c8a638e10df0d17a06c1de93c91802e0bd1ca19b35ede28210faabc13c2ba4",
    upstream="AssociateAddress gives a public address to an interface in a VPC without an internet gateway.",
)
def _associate_address(
    original: Any,
    backend: ElasticAddressBackend,
    instance: Any = None,
    eni: Any = None,
    address: str | None = None,
    allocation_id: str | None = None,
    reassociate: bool = False,
) -> ElasticAddress:
    subnet = eni.subnet if eni else backend.get_subnet(instance.subnet_id)
    if not reaches_internet(backend, subnet.vpc_id):
        raise AwsError("Gateway.NotAttached", f"Network {subnet.vpc_id} is not attached to any internet gateway")
    return original(backend, instance, eni, address, allocation_id, reassociate)


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
