"""Who reaches whom: from an inventory to a graph of places, by rules alone and without a packet.

It tells what is configured, not what runs: a link counts whose tunnels are down, and a server counts as listening on
every port that its security group opens. A way from the internet needs a route to an internet gateway and a public
address; one from a remote network needs a route back. What traffic may do after a relay, such as a load balancer or a
proxy, is the relay's own row. Rules about groups of other networks, and routing inside transit gateways, are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import networkx as nx

from reachability.addresses import Addresses
from reachability.filters import through_acl_and_back, through_groups
from reachability.inventory import LOCAL, Direction, Inventory, SecurityGroupRule, Subnet
from reachability.places import Kind, Place, Point, known_as
from reachability.routing import routes_to, shown
from reachability.traffic import EVERYTHING, NOTHING, Traffic
from reachability.way import Way

_LOCALLY = frozenset({LOCAL})


class Reach:
    """Answers for one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def graph(self, places: Iterable[Place]) -> nx.DiGraph[str]:
        """Every place by its name, and an edge to each that it reaches: its ``traffic`` and a ``way``. None leads to an
        address range, which is a part of the internet."""
        known = list(places)
        graph: nx.DiGraph[str] = nx.DiGraph()
        for place in known:
            graph.add_node(place.name, place=place)
        for source, target in product(known, (place for place in known if place.kind is not Kind.ADDRESS_RANGE)):
            traffic, way = self.between(source, target)
            if traffic:
                graph.add_edge(source.name, target.name, traffic=traffic, way=way)
        return graph

    def between(self, source: Place, target: Place) -> tuple[Traffic, Way]:
        """What gets from one place to the other in all, and one way that it takes; when nothing does, the way on which
        the fewest things are in its way."""
        ways = list(self._ways(source, target))
        traffic = NOTHING
        for way in ways:
            traffic |= way.traffic
        unreachable = Way().met("network", "it does not carry traffic between the two", NOTHING)
        return traffic, max(ways, key=lambda way: way.openness, default=unreachable)

    def _ways(self, source: Place, target: Place) -> Iterator[Way]:
        """From each point to each, in each version of IP that both have."""
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

    def _across(self, here: Point, there: Point, listens: Traffic, version: int) -> Way:
        """Inside the network."""
        mine, theirs = here.of_version(version), there.of_version(version)
        sent_from, sent_to = self._inventory.subnets[here.subnet_id], self._inventory.subnets[there.subnet_id]
        way = self._past_groups(Way(), here, Direction.OUT, theirs, there.group_ids)
        way = _along(way, sent_from, theirs, _LOCALLY)
        if sent_from.id != sent_to.id:
            way = _past_acl(way, sent_from, Direction.OUT, theirs)
            way = _past_acl(way, sent_to, Direction.IN, mine)
            way = _along(way, sent_to, mine, _LOCALLY)
        way = self._past_groups(way, there, Direction.IN, mine, here.group_ids)
        return _listened_for(way, listens)

    def _inward(self, source: Place, there: Point, listens: Traffic, version: int) -> Way:
        """Into the network: answers have to find a route back to where it came from."""
        far = source.of_version(version)
        subnet = self._inventory.subnets[there.subnet_id]
        way = Way()
        if source.kind is not Kind.REMOTE_NETWORK:
            way = _with_public_address(way, there, version)
        way = _along(way, subnet, far, source.gateway_ids)
        way = _past_acl(way, subnet, Direction.IN, far)
        way = self._past_groups(way, there, Direction.IN, far)
        return _listened_for(way, listens)

    def _outward(self, here: Point, target: Place, version: int) -> Way:
        """Out of the network: to the internet with an address of its own, or by way of a gateway that lends one."""
        far = target.of_version(version)
        subnet = self._inventory.subnets[here.subnet_id]
        way = self._past_groups(Way(), here, Direction.OUT, far)
        way = _past_acl(way, subnet, Direction.OUT, far)
        if target.kind is Kind.REMOTE_NETWORK:
            return _along(way, subnet, far, target.gateway_ids)
        targets = {route.target for route in routes_to(subnet.route_table, far)}
        if lending := sorted(targets & self._inventory.nat_gateways.keys()):
            outside = self._inventory.subnets[self._inventory.nat_gateways[lending[0]]]
            way = _along(way, subnet, far, frozenset(lending))
            if outside.id != subnet.id:
                way = _past_acl(way, outside, Direction.IN, here.of_version(version))
                way = _past_acl(way, outside, Direction.OUT, far)
            return _along(way, outside, far, target.gateway_ids)
        if egress_only := frozenset(each for each in targets if each.startswith("eigw-")):
            return _along(way, subnet, far, egress_only)
        return _with_public_address(_along(way, subnet, far, target.gateway_ids), here, version)

    def _past_groups(
        self, way: Way, guarded: Point, direction: Direction, far: Addresses, far_group_ids: tuple[str, ...] = ()
    ) -> Way:
        if not guarded.group_ids:
            return way
        groups = self._inventory.security_groups
        passed, rules = through_groups(groups, guarded, direction, far, far_group_ids)
        names = ", ".join(f"{groups[id].name} ({id})" if id in groups else id for id in guarded.group_ids)
        # Those that matter for what has come so far.
        told = [_rule(rule) for rule in rules if rule.traffic & (way.traffic or EVERYTHING)]
        where = "in" if direction is Direction.IN else "out"
        why = f"lets {where} {'; '.join(told)}" if told else f"no rule lets anything {where}"
        return way.met(f"security group {names}", why, passed)


def relayed(graph: nx.DiGraph[str], source: str, target: str) -> list[list[str]]:
    """The shortest ways by which traffic could get there if each place between passed it on; none is outside."""
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


def _along(way: Way, subnet: Subnet, far: Addresses, wanted: frozenset[str]) -> Way:
    """Past the route table, which has to lead to one of the wanted targets."""
    table, routes = subnet.route_table, routes_to(subnet.route_table, far)
    good = [each for each in routes if each.target in wanted]
    why = f"for {far}: {shown(good or routes)}"
    return way.met(f"route table {table.name} ({table.id})", why, EVERYTHING if good else NOTHING)


def _past_acl(way: Way, subnet: Subnet, direction: Direction, far: Addresses) -> Way:
    passed = through_acl_and_back(subnet.acl, direction, far)
    where = "into" if direction is Direction.IN else "out of"
    why = f"lets {passed} {where} {known_as(subnet.tags, subnet.id)}, and the answers back"
    return way.met(f"network ACL {subnet.acl.id}", why, passed)


def _with_public_address(way: Way, point: Point, version: int) -> Way:
    has = version in point.public_versions
    return way.met("public address", "it has one" if has else "it has none", EVERYTHING if has else NOTHING)


def _listened_for(way: Way, listens: Traffic) -> Way:
    return way if listens == EVERYTHING else way.met("listeners", f"it listens for {listens}", listens)
