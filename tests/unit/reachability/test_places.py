"""The places of a network: what people know them by, and which of them are one."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from reachability.inventory import Instance, Interface, Inventory, Service, ServiceKind
from reachability.places import Place, places, subnet_places
from reachability.selection import NoSuchPlaceError, select
from reachability.traffic import Traffic
from tests.unit.reachability.test_reach import group, inventory, server

BALANCER = Service(
    kind=ServiceKind.LOAD_BALANCER,
    id="app/shop/1",
    tags={"Client": "acme", "Name": "acme-prod-shop", "System": "shop"},
    subnet_ids=("subnet-1",),
    group_ids=("sg-9",),
    traffic=Traffic.of("tcp", 443),
)


def named(known: Inventory, **names: str) -> Inventory:
    """With Name tags of the client acme: `i4="acme-prod-front"`."""
    by_id = {key.replace("i", "i-"): name for key, name in names.items()}
    tagged = tuple(
        Instance(id=each.id, tags={"Client": "acme", "Name": by_id[each.id], "System": "web"})
        for each in known.instances
    )
    return replace(known, instances=tagged)


def inside(known: Inventory) -> list[tuple[str, int]]:
    """The names of places in the network, and how many members each has."""
    return [(place.name, place.members) for place in places(known) if not place.is_outside]


def test_equal_instances_are_one_place() -> None:
    """The same name and the same groups, in whatever subnets; another group makes another place of another name."""
    fleet = [server("10.0.1.4", groups=("sg-4",)), server("10.0.2.5", groups=("sg-4",))]
    odd = server("10.0.2.6", groups=("sg-4", "sg-6"))
    known = inventory(*fleet, groups=(group("sg-4"), group("sg-6")))
    assert inside(named(known, i4="acme-prod-front", i5="acme-prod-front")) == [("prod-front", 2)]
    known = inventory(*fleet, odd, groups=(group("sg-4"), group("sg-6")))
    found = inside(named(known, i4="acme-prod-front", i5="acme-prod-front", i6="acme-prod-front"))
    assert found == [("prod-front (i-4)", 2), ("prod-front (i-6)", 1)]


def test_equal_names_are_distinguished() -> None:
    """A load balancer of the name of its instances gets its kind after it, as Beanstalk's do."""
    known = inventory(server("10.0.1.4"), groups=(group("sg-4"), group("sg-9")), services=(BALANCER,))
    assert [name for name, _ in inside(named(known, i4="acme-prod-shop"))] == ["prod-shop-load-balancer", "prod-shop"]
    assert [name for name, _ in inside(named(known, i4="acme-prod-front"))] == ["prod-front", "prod-shop"]


@pytest.mark.parametrize(
    ("interface", "extra"),
    [
        ({"group_ids": ("sg-9",)}, []),
        ({"group_ids": ("sg-9",), "public_address": "203.0.113.7"}, ["VPC endpoint of logs"]),
        ({"group_ids": ("sg-4",)}, ["VPC endpoint of logs"]),
        ({"group_ids": ("sg-9",), "subnet_id": "subnet-2"}, ["VPC endpoint of logs"]),
    ],
    ids=["the service's own", "with a public address", "of other groups", "elsewhere"],
)
def test_what_else_has_an_interface_is_a_place(interface: dict[str, object], extra: list[str]) -> None:
    """Nothing that can be reached hides behind a service that it does not belong to."""
    bare = Interface(
        id="eni-1",
        subnet_id="subnet-1",
        addresses=(ip_network("10.0.1.9/32"),),
        group_ids=(),
        description="VPC endpoint of logs",
    )
    other = replace(bare, **interface)  # type: ignore[arg-type]
    known = inventory(groups=(group("sg-4"), group("sg-9")), services=(BALANCER,), interfaces=(other,))
    assert [name for name, _ in inside(known) if name != "prod-shop"] == extra


def test_the_order_is_always_the_same() -> None:
    """The internet first, then what is outside, then the network's own by name, however AWS lists them."""
    machines = [server("10.0.1.4"), server("10.0.2.5"), server("10.0.2.6")]
    groups = tuple(group(f"sg-{number}", (Traffic.of("tcp", 22), "192.0.2.0/28")) for number in (4, 5, 6))
    expected = ["internet", "192.0.2.0/28", "i-4", "i-5", "i-6"]
    assert [place.name for place in places(inventory(*machines, groups=groups))] == expected
    backwards = inventory(*reversed(machines), groups=tuple(reversed(groups)))
    assert [place.name for place in places(backwards)] == expected


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("prod-shop", ["prod-shop"]),
        ("i-4", ["prod-front"]),
        ("web", ["prod-front", "prod-office"]),
        ("offi", ["prod-office"]),
        ("prod", ["prod-front", "prod-office", "prod-shop"]),
        ("internet", ["internet"]),
        ("a2", ["a2"]),
    ],
)
def test_places_are_found_by_what_people_call_them(wanted: str, found: list[str]) -> None:
    """By name or id, by system, by a part of the name; and a subnet when no place is called so."""
    known = named(
        inventory(
            server("10.0.1.4"),
            server("10.0.2.5"),
            groups=(group("sg-4"), group("sg-5"), group("sg-9")),
            services=(BALANCER,),
        ),
        i4="acme-prod-front",
        i5="acme-prod-office",
    )
    assert [place.name for place in select("--to", wanted, places(known), subnet_places(known))] == found


@pytest.mark.parametrize("wanted", ["", "nowhere"])
def test_an_unknown_place_is_answered_with_those_that_there_are(wanted: str) -> None:
    known: tuple[Place, ...] = places(inventory(server("10.0.1.4"), groups=(group("sg-4"),)))
    with pytest.raises(NoSuchPlaceError, match="internet, i-4"):
        select("--to", wanted, known)
