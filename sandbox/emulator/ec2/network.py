"""NAT gateways that let go of their address, subnets by zone id, lost members of gateways and DHCP options."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.subnets import Subnet, SubnetBackend
from moto.ec2.responses.customer_gateways import CustomerGateways
from moto.ec2.responses.dhcp_options import DHCPOptions
from moto.ec2.utils import add_tag_specification

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.nat_gateways:NatGatewayBackend.delete_nat_gateway",
    sha256="7b921d3edb72c7ec686da188b2935352704345dca86d7035ba2b695037e70137",
    upstream="DeleteNatGateway leaves the gateway's interface in the subnet and its Elastic IP address associated.",
)
def _delete_nat_gateway(original: Any, backend: NatGatewayBackend, nat_gateway_id: str) -> NatGateway:
    """Upstream leaves the gateway's interface in the subnet, and its Elastic IP associated with that."""
    gateway = backend.nat_gateways.get(nat_gateway_id)
    if gateway is None or gateway.state == "deleted":
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")
    for address in backend.addresses:
        if address.eni is gateway._eni:
            backend.disassociate_address(address=address.public_ip)
    backend.delete_network_interface(gateway._eni.id)
    return original(backend, nat_gateway_id)


@patch(
    "moto.ec2.responses.dhcp_options:DHCPOptions.create_dhcp_options",
    sha256="e98a8242f38bd34f9c03ea46246cecd62a5e47e508dbd500335595085c7f4906",
    upstream="CreateDhcpOptions ignores TagSpecifications.",
)
def _create_dhcp_options(original: Any, response: DHCPOptions) -> ActionResult:
    answer = original(response)
    answer.result["DhcpOptions"].add_tags(add_tag_specification(response._get_param("TagSpecifications", [])))
    return answer


@patch(
    "moto.ec2.models.subnets:SubnetBackend.create_subnet",
    sha256="74a57a67c72400bcd85e800a0bb9ab61da825fff380f8852ecc9e7572a6d2467",
    upstream="CreateSubnet with AvailabilityZoneId makes a default subnet, which gives instances public addresses.",
)
def _create_subnet(
    original: Any,
    backend: SubnetBackend,
    vpc_id: str,
    cidr_block: str,
    ipv6_cidr_block: str | None = None,
    availability_zone: str | None = None,
    availability_zone_id: str | None = None,
    **settings: Any,
) -> Subnet:
    """A zone by its id is the zone by its name: upstream takes its subnets for default ones, with public addresses."""
    if availability_zone is None:
        for zone in RegionsAndZonesBackend.zones[backend.region_name]:
            if zone.zone_id == availability_zone_id:
                availability_zone = zone.name
    return original(backend, vpc_id, cidr_block, ipv6_cidr_block, availability_zone, availability_zone_id, **settings)


@patch(
    "moto.ec2.models.subnets:Subnet.ipv6_cidr_block_association_set",
    sha256="3a56e14412ac1a22525f4a214adb9e17542d1fd8743383520cb61771307f6ae8",
    upstream="The state of a subnet's IPv6 block is nested twice, so the answer leaves it out.",
)
def _ipv6_cidr_block_association_set(original: Any, subnet: Subnet) -> list[dict[str, Any]]:
    """Upstream puts the state of a block into a state."""
    associations: list[dict[str, Any]] = original(subnet)
    for association in associations:
        association["ipv6CidrBlockState"] = association["ipv6CidrBlockState"]["state"]
    return associations


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
