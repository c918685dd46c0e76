"""What AWS says about one VPC, as plain data: the input of every computation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reachability.addresses import IPNetwork
from reachability.traffic import Traffic

LOCAL = "local"
"""The target of a VPC's route to itself."""
OUTWARD = ("vgw-", "tgw-", "pcx-")
"""Prefixes of the ids of gateways to other private networks: VPN and Direct Connect, transit, peering."""


class Direction(StrEnum):
    """As seen from the network interface or subnet that a rule applies to."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, kw_only=True)
class SecurityGroupRule:
    """A rule that allows traffic to or from ``networks``, or the members of the group ``group_id``.

    With a ``prefix_list``, the networks are those of the list.
    """

    id: str
    direction: Direction
    traffic: Traffic
    networks: tuple[IPNetwork, ...] = ()
    prefix_list: str | None = None
    group_id: str | None = None
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class SecurityGroup:
    id: str
    name: str
    rules: tuple[SecurityGroupRule, ...]


@dataclass(frozen=True, kw_only=True)
class AclEntry:
    """One entry of a network ACL. Of the entries that match, the one with the lowest number decides."""

    number: int
    direction: Direction
    traffic: Traffic
    network: IPNetwork
    allows: bool


@dataclass(frozen=True, kw_only=True)
class NetworkAcl:
    id: str
    entries: tuple[AclEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Route:
    """``target`` is ``local``, the id of a gateway or an interface, or says that the route leads nowhere."""

    destination: IPNetwork
    target: str
    is_propagated: bool = False


@dataclass(frozen=True, kw_only=True)
class RouteTable:
    id: str
    name: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """The route table and the network ACL are those in force: the subnet's own, or the VPC's default."""

    id: str
    tags: Mapping[str, str]
    networks: tuple[IPNetwork, ...]
    route_table: RouteTable
    acl: NetworkAcl


@dataclass(frozen=True, kw_only=True)
class Interface:
    """A network interface in use. ``public_address`` is its Elastic IP or the address that EC2 assigned.

    ``instance_id`` is ``None`` if it belongs to no instance.
    """

    id: str
    subnet_id: str
    addresses: tuple[IPNetwork, ...]
    """Each a network of one address."""
    group_ids: tuple[str, ...]
    public_address: str | None = None
    instance_id: str | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An EC2 instance that is not terminated. A stopped one keeps its interfaces and can be started."""

    id: str
    tags: Mapping[str, str]


class ServiceKind(StrEnum):
    LOAD_BALANCER = "load balancer"
    DATABASE = "database"
    CACHE = "cache"
    SEARCH = "search"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service that AWS runs in the VPC's subnets. AWS chooses its addresses: any of a subnet's may be its own.

    ``traffic`` is what it listens on. Without security groups nothing is filtered, as for a Network Load Balancer that
    was created without them. ``public_versions`` are the IP versions in which it has public addresses.
    """

    kind: ServiceKind
    id: str
    tags: Mapping[str, str]
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    traffic: Traffic
    versions: frozenset[int] = frozenset({4})
    public_versions: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class VpnConnection:
    """``remote_networks`` are its static routes. With BGP there are none; route tables show what was propagated."""

    id: str
    gateway_id: str
    tags: Mapping[str, str]
    remote_networks: tuple[IPNetwork, ...]


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """One VPC and its resources. ``gateway_names`` are the Name tags of the gateways that routes lead to."""

    vpc_id: str
    region: str
    tags: Mapping[str, str]
    networks: tuple[IPNetwork, ...]
    subnets: Mapping[str, Subnet]
    security_groups: Mapping[str, SecurityGroup]
    internet_gateway_ids: frozenset[str] = frozenset()
    nat_gateways: Mapping[str, str] = field(default_factory=dict)
    """The subnet of each public NAT gateway."""
    vpn_connections: tuple[VpnConnection, ...] = ()
    gateway_names: Mapping[str, str] = field(default_factory=dict)
    interfaces: tuple[Interface, ...] = ()
    instances: tuple[Instance, ...] = ()
    services: tuple[Service, ...] = ()
