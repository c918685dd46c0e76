"""The answer as JSON.

An object with three members. ``network`` has ``vpc_id``, ``name``, ``region`` and ``cidrs``. ``places`` is a list: the
internet first, then ranges and remote networks, then the network's own by name: ``name``, ``kind``, ``id``, ``system``,
``environment``, ``about``, ``members``, ``subnets``, ``public`` (whether it has an address on the internet) and
``cidrs`` (of outside places). ``reach`` is a list in the same order of sources, then of targets: ``from``, ``to``,
``traffic`` (such as ``tcp 443``, ``udp 5000-5100`` or ``all``; empty for a pair that you asked for when nothing gets
through) and ``hops``, each with ``component``, ``explanation`` and ``allows``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reachability.inventory import Inventory
from reachability.path import NetworkPath
from reachability.places import Place, known_as
from reachability.traffic import Traffic


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What gets from one place to another, and a path that it takes."""

    source: str
    target: str
    traffic: Traffic
    path: NetworkPath


def document(inventory: Inventory, places: Iterable[Place], answers: Iterable[Answer]) -> dict[str, Any]:
    """The object that this module describes."""
    return {
        "network": {
            "vpc_id": inventory.vpc_id,
            "name": inventory.tags.get("Name", ""),
            "region": inventory.region,
            "cidrs": [str(each) for each in inventory.networks],
        },
        "places": [_place(inventory, each) for each in places],
        "reach": [
            {
                "from": each.source,
                "to": each.target,
                "traffic": list(each.traffic.ranges),
                "hops": [
                    {"component": hop.component, "explanation": hop.explanation, "allows": list(hop.allows.ranges)}
                    for hop in each.path.hops
                ],
            }
            for each in answers
        ],
    }


def _place(inventory: Inventory, place: Place) -> dict[str, Any]:
    subnets = {point.subnet_id: inventory.subnets[point.subnet_id] for point in place.points}
    return {
        "name": place.name,
        "kind": place.kind.value,
        "id": place.id,
        "system": place.system,
        "environment": place.environment,
        "about": place.about,
        "members": place.members,
        "subnets": sorted(known_as(subnet.tags, id) for id, subnet in subnets.items()),
        "public": any(point.public_versions for point in place.points),
        "cidrs": [str(each) for each in place.networks],
    }
