"""The places of a network: sources and targets, under the names that people know.

Clients of an OpenVPN server are not separate places. The server masquerades them, so their traffic has its address and
its security group: what the server reaches, they reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reachability.addresses import Addresses, IPNetwork, is_for_everyone, is_public, within
from reachability.inventory import OUTWARD, Direction, Interface, Inventory, Service, Subnet
from reachability.traffic import EVERYTHING, Traffic

INTERNET = "internet"
_BOTH = frozenset({4, 6})


class Kind(StrEnum):
    INTERNET = "internet"
    ADDRESS_RANGE = "address range"
    """Public addresses that a rule names, such as those of an allow-list."""
    REMOTE_NETWORK = "remote network"
    """What a VPN link, a peering or a transit gateway leads to."""
    SERVER = "server"
    LOAD_BALANCER = "load balancer"
    DATABASE = "database"
    CACHE = "cache"
    SEARCH = "search"
    INTERFACE = "interface"
    """An interface of another AWS service, such as an endpoint or a function."""
    SUBNET = "subnet"


@dataclass(frozen=True, kw_only=True)
class Point:
    """One location of a place in the network.

    ``addresses`` are all of the subnet's if AWS does not say which. Without groups nothing is filtered.
    ``public_versions`` are the IP versions in which it has a public address.
    """

    subnet_id: str
    addresses: tuple[IPNetwork, ...]
    group_ids: tuple[str, ...]
    public_versions: frozenset[int] = frozenset()

    def of_version(self, version: int) -> Addresses:
        return Addresses(tuple(each for each in self.addresses if each.version == version))


@dataclass(frozen=True, kw_only=True)
class Place:
    """A source or target. Inside the network it has ``points``; outside it has ``networks`` behind ``gateway_ids``."""

    name: str
    kind: Kind
    id: str
    system: str = ""
    environment: str = ""
    about: str = ""
    members: int = 1
    """How many equal instances the place is."""
    points: tuple[Point, ...] = ()
    listens: Traffic = EVERYTHING
    """What it listens on; unknown, and so everything, for a server."""
    networks: tuple[IPNetwork, ...] = ()
    gateway_ids: frozenset[str] = frozenset()

    @property
    def is_outside(self) -> bool:
        return not self.points

    def of_version(self, version: int) -> Addresses:
        """An outside place's addresses."""
        if self.kind is Kind.INTERNET:
            return Addresses.of_anyone(version)
        return Addresses(tuple(each for each in self.networks if each.version == version))


def places(inventory: Inventory) -> tuple[Place, ...]:
    """All places, with unique names: the internet, address ranges, remote networks, then the network's own by name."""
    remote = sorted(_remote_networks(inventory), key=lambda place: place.name)
    internet = Place(name=INTERNET, kind=Kind.INTERNET, id=INTERNET, gateway_ids=inventory.internet_gateway_ids)
    ranges = sorted(_ranges(inventory, remote), key=lambda place: place.name)
    inside = [*_servers(inventory), *(_service(inventory, each) for each in inventory.services)]
    inside += _other_interfaces(inventory, inside)
    return tuple(
        _with_unique_names([internet, *ranges, *remote, *sorted(inside, key=lambda place: (place.name, place.kind))])
    )


def subnet_places(inventory: Inventory) -> tuple[Place, ...]:
    """Each subnet as a place that filters nothing: shows whether the network carries traffic there at all."""
    return tuple(
        Place(
            name=known_as(subnet.tags, subnet.id),
            kind=Kind.SUBNET,
            id=subnet.id,
            points=(_anywhere_in(subnet, _BOTH, group_ids=()),),
        )
        for subnet in inventory.subnets.values()
    )


def known_as(tags: Mapping[str, str], otherwise: str) -> str:
    """The Name tag without the client's name in front, which all of the client's resources share."""
    return tags.get("Name", otherwise).removeprefix(f"{tags.get('Client')}-")


def _servers(inventory: Inventory) -> Iterator[Place]:
    """The instances. Those with the same name and security groups are one place."""
    points: dict[str, list[Point]] = {}
    for interface in inventory.interfaces:
        if interface.instance_id:
            points.setdefault(interface.instance_id, []).append(_point(interface))
    fleets: dict[tuple[str, frozenset[str]], Place] = {}
    for instance in sorted(inventory.instances, key=lambda each: each.id):
        own = tuple(points.get(instance.id, ()))
        if not own:
            continue
        name = known_as(instance.tags, instance.tags.get("aws:autoscaling:groupName", instance.id))
        key = (name, frozenset(id for point in own for id in point.group_ids))
        known = fleets.get(key)
        fleets[key] = (
            replace(known, members=known.members + 1, points=known.points + own)
            if known
            else _tagged(Kind.SERVER, name, instance.id, instance.tags, own)
        )
    yield from fleets.values()


def _service(inventory: Inventory, service: Service) -> Place:
    points = tuple(
        replace(
            _anywhere_in(inventory.subnets[id], service.versions, group_ids=service.group_ids),
            public_versions=service.public_versions,
        )
        for id in service.subnet_ids
    )
    kind = Kind(service.kind.value)
    return replace(
        _tagged(kind, known_as(service.tags, service.id), service.id, service.tags, points), listens=service.traffic
    )


def _other_interfaces(inventory: Inventory, known: Iterable[Place]) -> Iterator[Place]:
    """Interfaces that belong to no instance or known service.

    AWS does not say which service an interface belongs to. One with a service's groups in a service's subnet counts as
    that service's, unless it has a public address and the service has none."""
    named = {
        (point.subnet_id, frozenset(point.group_ids), bool(point.public_versions & {4}))
        for place in known
        if place.kind is not Kind.SERVER
        for point in place.points
    }
    for each in inventory.interfaces:
        group_ids, is_public = frozenset(each.group_ids), each.public_address is not None
        if each.instance_id or any((each.subnet_id, group_ids, public) in named for public in (is_public, True)):
            continue
        name = known_as(each.tags, each.description or each.id)
        yield _tagged(Kind.INTERFACE, name, each.id, each.tags, (_point(each),))


def _remote_networks(inventory: Inventory) -> Iterator[Place]:
    """Each VPN link, by its static routes; then the other networks that routes to gateways lead to, such as BGP's."""
    linked: set[IPNetwork] = set()
    for link in inventory.vpn_connections:
        if link.remote_networks:
            linked.update(link.remote_networks)
            yield Place(
                name=known_as(link.tags, link.id),
                kind=Kind.REMOTE_NETWORK,
                id=link.id,
                system=link.tags.get("System", ""),
                environment=link.tags.get("Environment", ""),
                about=link.tags.get("Reason", ""),
                networks=link.remote_networks,
                gateway_ids=frozenset({link.gateway_id}),
            )
    beyond: dict[str, dict[IPNetwork, None]] = {}
    for subnet in inventory.subnets.values():
        for route in subnet.route_table.routes:
            if route.target.startswith(OUTWARD) and route.destination not in linked:
                beyond.setdefault(route.target, {})[route.destination] = None
    for id, networks in beyond.items():
        yield Place(
            name=inventory.gateway_names.get(id, id),
            kind=Kind.REMOTE_NETWORK,
            id=id,
            networks=tuple(networks),
            gateway_ids=frozenset({id}),
        )


def _ranges(inventory: Inventory, remote: Iterable[Place]) -> Iterator[Place]:
    """The public addresses that rules in force allow in. A prefix list is one range."""
    elsewhere = [*inventory.networks, *(network for place in remote for network in place.networks)]

    def is_named(network: IPNetwork) -> bool:
        return (
            is_public(network)
            and not is_for_everyone(network)
            and not any(within(network, other) for other in elsewhere)
        )

    found: dict[str, Place] = {}
    for group in inventory.security_groups.values():
        for rule in group.rules:
            networks = tuple(filter(is_named, rule.networks))
            if rule.direction is Direction.IN and networks:
                name = rule.prefix_list or str(networks[0])
                known = found.get(name) or _range(name, (), inventory, rule.description)
                found[name] = replace(known, networks=tuple(dict.fromkeys(known.networks + networks)))
    for acl in {subnet.acl.id: subnet.acl for subnet in inventory.subnets.values()}.values():
        for entry in acl.entries:
            if entry.direction is Direction.IN and entry.allows and is_named(entry.network):
                name = str(entry.network)
                found.setdefault(name, _range(name, (entry.network,), inventory, f"named by {acl.id}"))
    yield from found.values()


def _range(name: str, networks: tuple[IPNetwork, ...], inventory: Inventory, about: str) -> Place:
    return Place(
        name=name,
        kind=Kind.ADDRESS_RANGE,
        id=name,
        about=about,
        networks=networks,
        gateway_ids=inventory.internet_gateway_ids,
    )


def _tagged(kind: Kind, name: str, id: str, tags: Mapping[str, str], points: tuple[Point, ...]) -> Place:
    return Place(
        name=name,
        kind=kind,
        id=id,
        system=tags.get("System", ""),
        environment=tags.get("Environment", ""),
        points=points,
    )


def _point(interface: Interface) -> Point:
    # Every IPv6 address in a VPC is public, except those that is_public excludes.
    versions = {each.version for each in interface.addresses if each.version == 6 and is_public(each)}
    return Point(
        subnet_id=interface.subnet_id,
        addresses=interface.addresses,
        group_ids=interface.group_ids,
        public_versions=frozenset(versions | ({4} if interface.public_address else set())),
    )


def _anywhere_in(subnet: Subnet, versions: frozenset[int], *, group_ids: tuple[str, ...]) -> Point:
    addresses = tuple(each for each in subnet.networks if each.version in versions)
    return Point(subnet_id=subnet.id, addresses=addresses, group_ids=group_ids)


def _with_unique_names(found: list[Place]) -> Iterator[Place]:
    """Makes names unique. A load balancer often has the name of its instances: its kind is added, then, if that is not
    enough, the id."""
    names = Counter(place.name for place in found)
    longer = [
        replace(place, name=f"{place.name}-{place.kind.replace(' ', '-')}")
        if names[place.name] > 1 and place.kind is not Kind.SERVER
        else place
        for place in found
    ]
    names = Counter(place.name for place in longer)
    for place in longer:
        yield replace(place, name=f"{place.name} ({place.id})") if names[place.name] > 1 else place
