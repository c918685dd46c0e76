"""What reaches what across a network's border: internet, address ranges, VPN links and other gateways."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from reachability.inventory import Direction, Inventory, Service, ServiceKind, VpnConnection
from reachability.places import Kind, places
from reachability.reach import Reach
from reachability.traffic import EVERYTHING, Traffic
from tests.unit.reachability.test_reach import (
    ANYONE,
    MYSQL,
    SSH,
    acl,
    group,
    inventory,
    line,
    reached,
    routes,
    rule,
    server,
    subnet,
)

HTTPS = Traffic.of("tcp", 443)
ANSWERS = Traffic.of("tcp", 1024, 65535)
TO_INTERNET = (("0.0.0.0/0", "igw-1"), ("::/0", "igw-1"))
PUBLIC = subnet(1, routes(*TO_INTERNET))
PRIVATE = subnet(2, routes(("0.0.0.0/0", "nat-1"), ("::/0", "eigw-1")))
LINK = VpnConnection(
    id="vpn-1",
    gateway_id="vgw-1",
    tags={"Name": "offices", "Reason": "The client's offices"},
    remote_networks=(ip_network("192.168.10.0/24"),),
)


def site(*admitted: tuple[Traffic, str], public: str | None = "203.0.113.9", **others: object) -> Inventory:
    """A server 4 in the public subnet that admits those, with a private one behind the NAT gateway."""
    known = inventory(
        server("10.0.1.4", public=public),
        server("10.0.2.5"),
        groups=(group("sg-4", *admitted), group("sg-5", *admitted)),
        subnets=(PUBLIC, PRIVATE),
        nat_gateways={"nat-1": "subnet-1"},
    )
    return replace(known, **others)  # type: ignore[arg-type]


def test_from_the_internet_it_takes_a_route_an_address_and_a_rule() -> None:
    """Any one of the three is enough to keep the internet out."""
    assert reached(site((SSH, "0.0.0.0/0")), "internet", "i-4") == "tcp 22"
    assert reached(site(), "internet", "i-4") == "nothing"
    assert reached(site((SSH, "0.0.0.0/0"), public=None), "internet", "i-4") == "nothing"
    assert reached(site((SSH, "0.0.0.0/0")), "internet", "i-5") == "nothing"
    no_route = {each.id: each for each in (subnet(1), PRIVATE)}
    assert reached(site((SSH, "0.0.0.0/0"), subnets=no_route), "internet", "i-4") == "nothing"
    gone = {each.id: each for each in (subnet(1, routes(("0.0.0.0/0", "nowhere, since igw-1 is gone"))), PRIVATE)}
    assert reached(site((SSH, "0.0.0.0/0"), subnets=gone), "internet", "i-4") == "nothing"


def test_a_rule_for_half_of_the_internet_is_one_for_the_internet() -> None:
    """Two halves would otherwise open a server to everybody while the internet's row stays empty."""
    assert reached(site((SSH, "0.0.0.0/1"), (SSH, "128.0.0.0/1")), "internet", "i-4") == "tcp 22"


def test_an_address_range_is_let_in_where_it_is_named() -> None:
    """It is a place with the rule's description. The internet stays out; what is open to all is open to it too."""
    known = site((SSH, "192.0.2.0/28"), (HTTPS, "0.0.0.0/0"))
    assert reached(known, "192.0.2.0/28", "i-4") == "tcp 22, tcp 443"
    assert reached(known, "internet", "i-4") == "tcp 443"
    assert reached(known, "192.0.2.0/28", "i-5") == "nothing"


def test_private_addresses_in_a_rule_admit_no_internet() -> None:
    """A rule for the network's own addresses, or for private ones without a link, makes no place of them."""
    known = site((SSH, "10.0.0.0/8"), (SSH, "172.16.0.0/12"), (SSH, "192.0.2.0/28"))
    assert [place.name for place in places(known) if place.kind is Kind.ADDRESS_RANGE] == ["192.0.2.0/28"]


def test_a_way_out_to_an_address_range_is_no_way_in() -> None:
    """An address that a server may call is not a source."""
    groups = (group("sg-4", out=(rule(Direction.OUT, SSH, "192.0.2.0/28"),)),)
    known = inventory(server("10.0.1.4", public="203.0.113.9"), groups=groups, subnets=(PUBLIC,))
    assert [place.name for place in places(known)] == ["internet", "i-4"]


def test_a_prefix_list_is_one_range() -> None:
    """Its networks stand under its name, and all of them are let in."""
    networks = (ip_network("192.0.2.0/28"), ip_network("198.51.100.0/28"))
    listed = rule(Direction.IN, SSH, networks, prefix_list="offices")
    known = inventory(
        server("10.0.1.4", public="203.0.113.9"), groups=(group("sg-4", out=(listed,)),), subnets=(PUBLIC,)
    )
    [place] = [place for place in places(known) if place.kind is Kind.ADDRESS_RANGE]
    assert (place.name, place.networks) == ("offices", networks)
    assert reached(known, "offices", "i-4") == "tcp 22"


def test_a_network_acl_singles_addresses_out_as_well() -> None:
    """With an open security group, a network ACL for one range allows only that range in."""
    only_range = acl(line(Direction.IN, SSH, "192.0.2.0/28"), line(Direction.OUT, EVERYTHING, "0.0.0.0/0", number=110))
    known = inventory(
        server("10.0.1.4", public="203.0.113.9"),
        groups=(group("sg-4", (SSH, "0.0.0.0/0")),),
        subnets=(subnet(1, routes(*TO_INTERNET), only_range),),
    )
    assert reached(known, "192.0.2.0/28", "i-4") == "tcp 22"
    assert reached(known, "internet", "i-4") == "nothing"


def test_a_refusal_of_a_part_of_a_range_leaves_the_rest() -> None:
    """One address of fifteen is shut out: the range still reaches; the whole range shut out: it does not."""
    for refused, expected in (("192.0.2.1/32", "tcp 22"), ("192.0.2.0/24", "nothing")):
        lines = acl(
            line(Direction.IN, EVERYTHING, refused, allows=False, number=50),
            *(line(direction, EVERYTHING, "0.0.0.0/0") for direction in Direction),
        )
        known = inventory(
            server("10.0.1.4", public="203.0.113.9"),
            groups=(group("sg-4", (SSH, "192.0.2.0/28")),),
            subnets=(subnet(1, routes(*TO_INTERNET), lines),),
        )
        assert reached(known, "192.0.2.0/28", "i-4") == expected


def test_out_to_the_internet_by_nat_or_an_address_of_its_own() -> None:
    """A private server leaves by the NAT gateway, whose subnet has the path; a public one needs its own address."""
    assert reached(site(), "i-4", "internet") == "all"
    assert reached(site(), "i-5", "internet") == "all"
    assert reached(site(public=None), "i-4", "internet") == "nothing"
    assert reached(site(nat_gateways={}), "i-5", "internet") == "nothing"
    stranded = {each.id: each for each in (subnet(1), PRIVATE)}
    assert reached(site(subnets=stranded), "i-5", "internet") == "nothing"


@pytest.mark.parametrize(("inward", "outward"), [(HTTPS, EVERYTHING), (EVERYTHING, HTTPS)])
def test_the_nat_gateways_subnet_has_its_acl_too(inward: Traffic, outward: Traffic) -> None:
    """What its network ACL lets neither in nor out again gets out by no gateway in it."""
    narrow = acl(line(Direction.IN, inward | ANSWERS, "0.0.0.0/0"), line(Direction.OUT, outward | ANSWERS, "0.0.0.0/0"))
    subnets = {each.id: each for each in (subnet(1, routes(*TO_INTERNET), narrow), PRIVATE)}
    assert reached(site(subnets=subnets), "i-5", "internet") == "tcp 443, tcp 1024-65535"


def test_a_way_out_passes_the_subnets_own_acl() -> None:
    """Which may let less out than the security group does."""
    narrow = acl(line(Direction.IN, ANSWERS, "0.0.0.0/0"), line(Direction.OUT, HTTPS, "0.0.0.0/0"))
    subnets = {each.id: each for each in (subnet(1, routes(*TO_INTERNET), narrow), PRIVATE)}
    assert reached(site(subnets=subnets), "i-4", "internet") == "tcp 443"


@pytest.mark.parametrize(("name", "inward"), [("i-4", "tcp 22"), ("i-5", "nothing")])
def test_ipv6_needs_no_address_but_a_route(name: str, inward: str) -> None:
    """Every address of IPv6 is public: the route decides, and an egress-only gateway lets nothing in."""
    six = site(
        (SSH, "::/0"),
        interfaces=(
            replace(server("10.0.1.4"), addresses=(ip_network("2001:db8:0:1::4"),)),
            replace(server("10.0.2.5"), addresses=(ip_network("2001:db8:0:2::5"),)),
        ),
    )
    assert reached(six, "internet", name) == inward
    assert reached(six, name, "internet") == "all"


def test_a_public_service_is_reached_where_it_listens() -> None:
    """A load balancer that faces the internet, and one without groups, which filters nothing; not an internal one."""
    open_group = group("sg-7", *((EVERYTHING, each) for each in ANYONE))
    facing = Service(
        kind=ServiceKind.LOAD_BALANCER,
        id="app/shop",
        tags={},
        subnet_ids=("subnet-1",),
        group_ids=("sg-7",),
        traffic=HTTPS,
        public_versions=frozenset({4}),
    )
    internal = replace(facing, id="app/inside", public_versions=frozenset())
    without_groups = replace(facing, id="net/bare", group_ids=())
    known = inventory(groups=(open_group,), subnets=(PUBLIC,), services=(facing, internal, without_groups))
    assert reached(known, "internet", "app/shop") == "tcp 443"
    assert reached(known, "internet", "app/inside") == "nothing"
    assert reached(known, "internet", "net/bare") == "tcp 443"


def test_over_a_link_traffic_comes_only_if_a_route_leads_back() -> None:
    """By a subnet's own table: the public subnet here has the route, the private one has not."""
    with_route = subnet(1, routes(*TO_INTERNET, ("192.168.10.0/24", "vgw-1")))
    known = site(
        (SSH, "192.168.0.0/16"),
        public=None,
        subnets={each.id: each for each in (with_route, PRIVATE)},
        vpn_connections=(LINK,),
    )
    assert reached(known, "offices", "i-4") == "tcp 22"
    assert reached(known, "offices", "i-5") == "nothing"
    assert reached(known, "i-4", "offices") == "all"
    assert reached(known, "i-5", "offices") == "nothing"
    assert [place.name for place in places(known) if place.kind is Kind.REMOTE_NETWORK] == ["offices"]


def test_a_route_to_a_part_of_a_link_is_a_way_there() -> None:
    """And a narrower one that leads elsewhere takes only its own part away."""
    wide = replace(LINK, remote_networks=(ip_network("192.168.0.0/16"),))
    for to, expected in (
        ((("192.168.10.0/24", "vgw-1"),), "all"),
        ((("192.168.0.0/16", "vgw-1"), ("192.168.10.0/24", "eni-1")), "all"),
        ((("192.168.0.0/15", "vgw-1"), ("192.168.0.0/16", "eni-1")), "nothing"),
    ):
        subnets = {each.id: each for each in (subnet(1, routes(*to)), PRIVATE)}
        assert reached(site(subnets=subnets, vpn_connections=(wide,)), "i-4", "offices") == expected


def test_a_link_is_not_the_internet() -> None:
    """A rule for the link's addresses opens nothing to the internet, and the internet's address nothing to the link."""
    known = site((SSH, "192.168.10.0/24"), vpn_connections=(LINK,))
    assert reached(known, "internet", "i-4") == "nothing"
    assert reached(known, "offices", "i-4") == "nothing"


@pytest.mark.parametrize("gateway", ["vgw-9", "tgw-9", "pcx-9"])
def test_what_routes_lead_to_is_a_place(gateway: str) -> None:
    """A peering, a transit gateway, and what BGP taught a VPN gateway: by the Name tag, with the routes' networks."""
    table = routes(("172.31.0.0/16", gateway))
    known = inventory(
        server("10.0.1.4"),
        groups=(group("sg-4", (SSH, "172.31.5.0/24")),),
        subnets=(subnet(1, table),),
        gateway_names={gateway: "partner"},
    )
    assert reached(known, "partner", "i-4") == "tcp 22"
    assert reached(known, "i-4", "partner") == "all"


def test_the_explanation_names_each_thing_in_the_way() -> None:
    """All of them, so that you see every block at once; and the rule by its id."""
    known = site((MYSQL, "192.0.2.0/28"))
    by_name = {place.name: place for place in places(known)}
    _, closed = Reach(known).between(by_name["internet"], by_name["i-5"])
    assert [(hop.component.split(" (")[0], bool(hop.allows)) for hop in closed.hops] == [
        ("public address", False),
        ("route table table", False),
        ("network ACL acl-1", True),
        ("security group 5", False),
    ]
    _, opened = Reach(known).between(by_name["192.0.2.0/28"], by_name["i-4"])
    assert known.security_groups["sg-4"].rules[0].id in opened.hops[-1].explanation
