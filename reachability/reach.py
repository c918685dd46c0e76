"""What reaches what: a graph of places, computed from an inventory without sending a packet.

It shows what is configured, not what runs: a VPN link counts also while its tunnels are down, and a server counts as
listening on every port that its security group opens. A path from the internet needs a route to an internet gateway
and a public address; a path from a remote network needs a route back. Where traffic goes after a relay, such as a load
balancer or a proxy, is shown with the relay as its source. Rules about security groups of other VPCs, and routing
inside transit gateways, are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import networkx as nx

from reachability.addresses import Addresses
from reachability.filters import through_acl_and_back, through_groups
from reachability.inventory import LOCAL, Direction, Inventory, SecurityGroupRule, Subnet
from reachability.path import NetworkPath
from reachability.places import Kind, Place, Point, known_as
from reachability.routing import routes_to, shown
from reachability.traffic import EVERYTHING, NOTHING, Traffic

_LOCALLY = frozenset({LOCAL})


class Reach:
    """Answers for one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def graph(self, places: Iterable[Place]) -> nx.DiGraph[str]:
        """A node for each place, by its name, and an edge to each place that it reaches: ``traffic`` and a ``path``.

        No edge leads to an address range, which is a part of the internet.
        """
        known = list(places)
        graph: nx.DiGraph[str] = nx.DiGraph()
        for place in known:
            graph.add_node(place.name, place=place)
        for source, target in product(known, (place for place in known if place.kind is not Kind.ADDRESS_RANGE)):
            traffic, path = self.between(source, target)
            if traffic:
                graph.add_edge(source.name, target.name, traffic=traffic, path=path)
        return graph

    def between(self, source: Place, target: Place) -> tuple[Traffic, NetworkPath]:
        """All traffic that gets from one place to the other, and one path that it takes.

        When nothing gets through, it is the path with the fewest hops that block.
        """
        paths = list(self._paths(source, target))
        traffic = NOTHING
        for path in paths:
            traffic |= path.traffic
        unreachable = NetworkPath().through("network", "it carries no traffic between the two", NOTHING)
        return traffic, max(paths, key=lambda path: path.openness, default=unreachable)

    def _paths(self, source: Place, target: Place) -> Iterator[NetworkPath]:
        """From each point of one place to each point of the other, in each version of IP that both have."""
        for version in (4, 6):
            if source.is_outside and not target.is_outside and source.of_version(version).networks:
                for point in _in_version(target, version):
                    yield self._inward(source, point, target.listens, version)
            elif target.is_outside and target.of_version(version).networks:
                for point in _in_version(source, version):
                    yield self._outward(point, target, version)
            elif not source.is_outside and (source.name != target.name or source.kind is Kind.SERVER):
                for here, there in product(_in_version(source, version), _in_version(target, version)):
                    if here is not there:
                        yield self._across(here, there, target.listens, version)

    def _across(self, here: Point, there: Point, listens: Traffic, version: int) -> NetworkPath:
        """Inside the network."""
        mine, theirs = here.of_version(version), there.of_version(version)
        sent_from, sent_to = self._inventory.subnets[here.subnet_id], self._inventory.subnets[there.subnet_id]
        path = self._past_groups(NetworkPath(), here, Direction.OUT, theirs, there.group_ids)
        path = _along(path, sent_from, theirs, _LOCALLY)
        if sent_from.id != sent_to.id:
            path = _past_acl(path, sent_from, Direction.OUT, theirs)
            path = _past_acl(path, sent_to, Direction.IN, mine)
            path = _along(path, sent_to, mine, _LOCALLY)
        path = self._past_groups(path, there, Direction.IN, mine, here.group_ids)
        return _listened_for(path, listens)

    def _inward(self, source: Place, there: Point, listens: Traffic, version: int) -> NetworkPath:
        """Into the network. Answers need a route back."""
        far = source.of_version(version)
        subnet = self._inventory.subnets[there.subnet_id]
        path = NetworkPath()
        if source.kind is not Kind.REMOTE_NETWORK:
            path = _with_public_address(path, there, version)
        path = _along(path, subnet, far, source.gateway_ids)
        path = _past_acl(path, subnet, Direction.IN, far)
        path = self._past_groups(path, there, Direction.IN, far)
        return _listened_for(path, listens)

    def _outward(self, here: Point, target: Place, version: int) -> NetworkPath:
        """Out of the network: with the place's own public address, or through a gateway that translates addresses."""
        far = target.of_version(version)
        subnet = self._inventory.subnets[here.subnet_id]
        path = self._past_groups(NetworkPath(), here, Direction.OUT, far)
        path = _past_acl(path, subnet, Direction.OUT, far)
        if target.kind is Kind.REMOTE_NETWORK:
            return _along(path, subnet, far, target.gateway_ids)
        targets = {route.target for route in routes_to(subnet.route_table, far)}
        if lending := sorted(targets & self._inventory.nat_gateways.keys()):
            outside = self._inventory.subnets[self._inventory.nat_gateways[lending[0]]]
            path = _along(path, subnet, far, frozenset(lending))
            if outside.id != subnet.id:
                path = _past_acl(path, outside, Direction.IN, here.of_version(version))
                path = _past_acl(path, outside, Direction.OUT, far)
            return _along(path, outside, far, target.gateway_ids)
        if egress_only := frozenset(each for each in targets if each.startswith("eigw-")):
            return _along(path, subnet, far, egress_only)
        return _with_public_address(_along(path, subnet, far, target.gateway_ids), here, version)

    def _past_groups(
        self,
        path: NetworkPath,
        guarded: Point,
        direction: Direction,
        far: Addresses,
        far_group_ids: tuple[str, ...] = (),
    ) -> NetworkPath:
        if not guarded.group_ids:
            return path
        groups = self._inventory.security_groups
        passed, rules = through_groups(groups, guarded, direction, far, far_group_ids)
        names = ", ".join(f"{groups[id].name} ({id})" if id in groups else id for id in guarded.group_ids)
        # Only rules for traffic that has come this far.
        shown_rules = [_rule(rule) for rule in rules if rule.traffic & (path.traffic or EVERYTHING)]
        where = "in" if direction is Direction.IN else "out"
        why = f"allows {where} {'; '.join(shown_rules)}" if shown_rules else f"no rule allows anything {where}"
        return path.through(f"security group {names}", why, passed)


def relayed(graph: nx.DiGraph[str], source: str, target: str) -> list[list[str]]:
    """The shortest paths through other places inside the network, each of which would have to relay the traffic."""
    between = [name for name in graph if name in (source, target) or not graph.nodes[name]["place"].is_outside]
    try:
        return sorted(nx.all_shortest_paths(graph.subgraph(between), source, target))
    except nx.NetworkXNoPath:
        return []


def _in_version(place: Place, version: int) -> list[Point]:
    return [point for point in place.points if point.of_version(version).networks]


def _rule(rule: SecurityGroupRule) -> str:
    who = rule.group_id or rule.prefix_list or ", ".join(map(str, rule.networks))
    return f"{rule.traffic} {'from' if rule.direction is Direction.IN else 'to'} {who} by {rule.id}"


def _along(path: NetworkPath, subnet: Subnet, far: Addresses, wanted: frozenset[str]) -> NetworkPath:
    """Through the route table, which must have a route to one of the wanted targets."""
    table, routes = subnet.route_table, routes_to(subnet.route_table, far)
    good = [each for each in routes if each.target in wanted]
    why = f"for {far}: {shown(good or routes)}"
    return path.through(f"route table {table.name} ({table.id})", why, EVERYTHING if good else NOTHING)


def _past_acl(path: NetworkPath, subnet: Subnet, direction: Direction, far: Addresses) -> NetworkPath:
    passed = through_acl_and_back(subnet.acl, direction, far)
    where = "into" if direction is Direction.IN else "out of"
    why = f"allows {passed} {where} {known_as(subnet.tags, subnet.id)}, and the answers"
    return path.through(f"network ACL {subnet.acl.id}", why, passed)


def _with_public_address(path: NetworkPath, point: Point, version: int) -> NetworkPath:
    has = version in point.public_versions
    return path.through("public address", "it has one" if has else "it has none", EVERYTHING if has else NOTHING)


def _listened_for(path: NetworkPath, listens: Traffic) -> NetworkPath:
    return path if listens == EVERYTHING else path.through("listeners", f"it listens on {listens}", listens)
