"""Which routes of a route table packets take."""

from __future__ import annotations

from reachability.addresses import Addresses, within
from reachability.inventory import Route, RouteTable


def routes_to(table: RouteTable, far: Addresses) -> list[Route]:
    """The routes for those addresses: the most specific one that includes them all, and more specific ones for a part.

    For ``anyone`` on the internet they are the default routes.
    """
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
    """The most specific route wins; among equals, the one that was not propagated ("Route priority")."""
    return route.destination.prefixlen, not route.is_propagated


def shown(routes: list[Route]) -> str:
    """The routes as text, each with its destination and target."""
    return ", ".join(f"{each.destination} to {each.target}" for each in routes) or "no route"
