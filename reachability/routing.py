"""Where a route table sends packets."""

from __future__ import annotations

from reachability.addresses import Addresses, within
from reachability.inventory import Route, RouteTable


def routes_to(table: RouteTable, far: Addresses) -> list[Route]:
    """The routes that packets for some of those addresses take: the narrowest that covers them all, and narrower ones
    for a part of them. For an address that nothing singles out it is those that are for everyone."""
    touching = [route for route in table.routes if far.touch(route.destination)]
    if far.anyone:
        return touching
    found: dict[Route, None] = {}
    for network in far.networks:
        covering = [route for route in touching if within(network, route.destination)]
        narrowest = max(covering, key=_precedence, default=None)
        parts = [route for route in touching if within(route.destination, network) and route.destination != network]
        found |= dict.fromkeys([*([narrowest] if narrowest else []), *parts])
    return list(found)


def _precedence(route: Route) -> tuple[int, bool]:
    """The narrowest wins, and among equals the one that was not learned ("Route priority")."""
    return route.destination.prefixlen, not route.is_propagated


def shown(routes: list[Route]) -> str:
    """For people, each with its destination."""
    return ", ".join(f"{each.destination} to {each.target}" for each in routes) or "no route"
