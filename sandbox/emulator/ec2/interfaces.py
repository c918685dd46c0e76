"""Network interfaces: unique addresses, and interfaces that outlive their instance."""

from __future__ import annotations

from copy import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import Instance, InstanceState
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

from sandbox.emulator.ec2.gateways import reaches_internet
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.elastic_network_interfaces:NetworkInterfaceBackend.create_network_interface",
    sha256="68a24c6494945825ad110d40adfcb60a954e761469bd357b9127c88681cbf822",
    upstream="CreateNetworkInterface picks a random address, which may be reserved or in use.",
)
def _create(
    original: Any,
    backend: NetworkInterfaceBackend,
    subnet: Subnet | str,
    private_ip_address: str | list[str],
    private_ip_addresses: list[dict[str, Any]] | None = None,
    *args: Any,
    **kwargs: Any,
) -> NetworkInterface:
    """Take the next free address of the subnet, unless the request names one."""
    if isinstance(subnet, str):
        subnet = backend.get_subnet(subnet)
    if not private_ip_address and not private_ip_addresses:
        private_ip_address = subnet.get_available_subnet_ip(None)
    interface: NetworkInterface = original(backend, subnet, private_ip_address, private_ip_addresses, *args, **kwargs)
    return interface


@patch(
    "moto.ec2.models.elastic_network_interfaces:NetworkInterfaceBackend.delete_network_interface",
    sha256="9ba3d9c1ce1247d1838101064916aa3d66d3c32f5f56ffec1a4f9b9f526ddd0a",
    upstream="DeleteNetworkInterface does not give the interface's address back to its subnet.",
)
def _delete(original: Any, backend: NetworkInterfaceBackend, eni_id: str) -> None:
    interface = backend.get_network_interface(eni_id)
    original(backend, eni_id)
    for address in interface.private_ip_addresses:
        interface.subnet.del_subnet_ip(address["PrivateIpAddress"])


@patch(
    "moto.ec2.responses.elastic_network_interfaces:ElasticNetworkInterfaces.delete_network_interface",
    sha256="57ffb5f82f6f4b67b43381e74f3b0e74574db31123e78da59ba857a5e184fc16",
    upstream="DeleteNetworkInterface deletes an interface that is in use.",
)
def _delete_unused(original: Any, response: ElasticNetworkInterfaces) -> ActionResult:
    id_ = response._get_param("NetworkInterfaceId")
    if response.ec2_backend.get_network_interface(id_).status == "in-use":
        raise AwsError("InvalidParameterValue", f"Network interface '{id_}' is currently in use.")
    answer: ActionResult = original(response)
    return answer


@patch(
    "moto.ec2.models.instances:Instance.terminate",
    sha256="fb41585c4811dc68db6354775391377e7c6f4d99d22748641759d9a30e3ff68b",
    upstream="A network interface that outlives its terminated instance stays attached to it.",
)
def _terminate(original: Any, instance: Instance) -> InstanceState:
    """Detach the interfaces that outlive the instance. A second call does nothing."""
    if instance.state == "terminated":
        return copy(instance._state)
    previous: InstanceState = original(instance)
    for index, interface in list(instance.nics.items()):
        if not interface.delete_on_termination:
            instance.detach_eni(interface)
            # moto reads the terminated instance's address from its interface.
            instance.nics[index] = copy(interface)
    return previous


@patch(
    "moto.ec2.models.instances:Instance.network_interfaces",
    sha256="5d8d6ddc128067e867cb46357f242542320075b4382e4f9cb63e372c9967336e",
    upstream="DescribeInstances lists network interfaces of a terminated instance.",
)
def _network_interfaces(original: Any, instance: Instance) -> list[NetworkInterface]:
    return [] if instance.state == "terminated" else list(original(instance))


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
    "moto.ec2.models.elastic_ip_addresses:ElasticAddress.instance_id",
    sha256="3a79d4754371056026476e311ac2e5cea6c05a661a782464044275efa3557576",
    upstream="DescribeAddresses names no instance for an address that is associated with an instance's interface.",
)
def _instance_id(original: Any, address: ElasticAddress) -> str:
    own: str = original(address)
    attached = getattr(address.eni, "instance", None)
    return own or (attached.id if attached else "")
