"""What reaches what inside a network: security groups, network ACLs and routes, on hand-written networks."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from reachability.addresses import IPNetwork
from reachability.inventory import (
    AclEntry,
    Direction,
    Instance,
    Interface,
    Inventory,
    NetworkAcl,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Service,
    ServiceKind,
    Subnet,
)
from reachability.places import places
from reachability.reach import Reach, relayed
from reachability.traffic import EVERYTHING, Traffic

WITHIN = (ip_network("10.0.0.0/16"), ip_network("2001:db8::/56"))
ANYONE = ("0.0.0.0/0", "::/0")
SSH = Traffic.of("tcp", 22)
MYSQL = Traffic.of("tcp", 3306)


def line(direction: Direction, traffic: Traffic, network: str, *, allows: bool = True, number: int = 100) -> AclEntry:
    return AclEntry(number=number, direction=direction, traffic=traffic, network=ip_network(network), allows=allows)


def acl(*entries: AclEntry) -> NetworkAcl:
    return NetworkAcl(id="acl-1", entries=tuple(sorted(entries, key=lambda each: each.number)))


OPEN_ACL = acl(*(line(direction, EVERYTHING, each) for direction in Direction for each in ANYONE))


def routes(*to: tuple[str, str]) -> RouteTable:
    """The network's own routes, and those."""
    own = [Route(destination=each, target="local") for each in WITHIN]
    others = [Route(destination=ip_network(destination), target=target) for destination, target in to]
    return RouteTable(id="rtb-1", name="table", routes=(*own, *others))


def subnet(number: int, table: RouteTable | None = None, rules: NetworkAcl = OPEN_ACL) -> Subnet:
    """The subnet ``a<number>``, 10.0.<number>.0/24 and 2001:db8:0:<number>::/64."""
    return Subnet(
        id=f"subnet-{number}",
        tags={"Name": f"a{number}"},
        networks=(ip_network(f"10.0.{number}.0/24"), ip_network(f"2001:db8:0:{number}::/64")),
        route_table=table or routes(),
        acl=rules,
    )


def rule(direction: Direction, traffic: Traffic, who: str | tuple[IPNetwork, ...], **others: str) -> SecurityGroupRule:
    """To or from a group, a network or several networks."""
    id = f"sgr-{direction}-{traffic}-{who}"
    if isinstance(who, str) and who.startswith("sg-"):
        return SecurityGroupRule(id=id, direction=direction, traffic=traffic, group_id=who)
    networks = (ip_network(who),) if isinstance(who, str) else who
    return SecurityGroupRule(id=id, direction=direction, traffic=traffic, networks=networks, **others)


OUT = tuple(rule(Direction.OUT, EVERYTHING, each) for each in ANYONE)


def group(id: str, *admits: tuple[Traffic, str], out: tuple[SecurityGroupRule, ...] = OUT) -> SecurityGroup:
    inward = tuple(rule(Direction.IN, traffic, who) for traffic, who in admits)
    return SecurityGroup(id=id, name=id.removeprefix("sg-"), rules=(*inward, *out))


def server(address: str, *, public: str | None = None, groups: tuple[str, ...] = ()) -> Interface:
    """The interface of an instance, numbered by its address: 10.0.1.4 is i-4, in subnet 1 and sg-4."""
    *_, place, number = address.split(".")
    return Interface(
        id=f"eni-{number}",
        subnet_id=f"subnet-{place}",
        addresses=(ip_network(address),),
        group_ids=groups or (f"sg-{number}",),
        public_address=public,
        instance_id=f"i-{number}",
    )


def inventory(
    *interfaces: Interface, groups: tuple[SecurityGroup, ...], subnets: tuple[Subnet, ...] = (), **others: object
) -> Inventory:
    """With the subnets 1 and 2 unless others are given."""
    bare = Inventory(
        vpc_id="vpc-1",
        region="eu-west-3",
        tags={"Name": "net"},
        networks=WITHIN,
        subnets={each.id: each for each in subnets or (subnet(1), subnet(2))},
        security_groups={each.id: each for each in groups},
        internet_gateway_ids=frozenset({"igw-1"}),
        interfaces=interfaces,
        instances=tuple(Instance(id=str(each.instance_id), tags={}) for each in interfaces),
    )
    return replace(bare, **others)  # type: ignore[arg-type]


def reached(known: Inventory, source: str, target: str) -> str:
    """What gets from one place to the other, by their names, and nothing else than the graph says."""
    by_name = {place.name: place for place in places(known)}
    traffic, path = Reach(known).between(by_name[source], by_name[target])
    assert bool(traffic) == bool(path.traffic)
    graph = Reach(known).graph(by_name.values())
    assert graph.has_edge(source, target) == bool(traffic)
    return str(traffic)


PAIR = (server("10.0.1.4"), server("10.0.2.5"))


@pytest.mark.parametrize(
    ("admitted", "expected"),
    [
        ((), "nothing"),
        (((SSH, "sg-4"),), "tcp 22"),
        (((SSH, "sg-5"),), "nothing"),
        (((SSH, "10.0.1.0/24"),), "tcp 22"),
        (((SSH, "10.0.1.4/32"),), "tcp 22"),
        (((SSH, "10.0.3.0/24"),), "nothing"),
        (((SSH, "::/0"),), "nothing"),
        (((EVERYTHING, "sg-4"),), "all"),
        (((SSH, "sg-4"), (MYSQL, "10.0.0.0/16")), "tcp 22, tcp 3306"),
    ],
)
def test_a_security_group_lets_in_what_its_rules_say(admitted: tuple[tuple[Traffic, str], ...], expected: str) -> None:
    """By the sender's group or address and nothing else: without a rule nothing gets in."""
    known = inventory(*PAIR, groups=(group("sg-4"), group("sg-5", *admitted)))
    assert reached(known, "i-4", "i-5") == expected


def test_what_a_group_does_not_let_out_does_not_arrive() -> None:
    """A rule to another group lets out to its members only; other groups of the sender add theirs."""
    to_database = (rule(Direction.OUT, MYSQL, "sg-5"),)
    closed = group("sg-4", out=to_database)
    open_wide = group("sg-5", (EVERYTHING, "0.0.0.0/0"))
    assert reached(inventory(*PAIR, groups=(closed, open_wide)), "i-4", "i-5") == "tcp 3306"
    others = inventory(
        server("10.0.1.4"), server("10.0.2.6"), groups=(closed, group("sg-6", (EVERYTHING, "0.0.0.0/0")))
    )
    assert reached(others, "i-4", "i-6") == "nothing"
    both = server("10.0.1.4", groups=("sg-4", "sg-7"))
    known = inventory(both, PAIR[1], groups=(closed, open_wide, group("sg-7", out=(rule(Direction.OUT, SSH, "sg-5"),))))
    assert reached(known, "i-4", "i-5") == "tcp 22, tcp 3306"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            (line(Direction.IN, EVERYTHING, "0.0.0.0/0"), line(Direction.OUT, EVERYTHING, "0.0.0.0/0")),
            "tcp 22, tcp 3306",
        ),
        ((line(Direction.IN, SSH, "0.0.0.0/0"), line(Direction.OUT, EVERYTHING, "0.0.0.0/0")), "tcp 22"),
        ((line(Direction.IN, EVERYTHING, "0.0.0.0/0"), line(Direction.OUT, SSH, "0.0.0.0/0")), "nothing"),
        (
            (
                line(Direction.IN, MYSQL, "10.0.1.0/24", allows=False, number=50),
                line(Direction.IN, EVERYTHING, "0.0.0.0/0"),
                line(Direction.OUT, EVERYTHING, "0.0.0.0/0"),
            ),
            "tcp 22",
        ),
        (
            (
                line(Direction.IN, MYSQL, "10.0.9.0/24", allows=False, number=50),
                line(Direction.IN, EVERYTHING, "0.0.0.0/0"),
                line(Direction.OUT, EVERYTHING, "0.0.0.0/0"),
            ),
            "tcp 22, tcp 3306",
        ),
        (
            (
                line(Direction.IN, SSH, "0.0.0.0/0"),
                line(Direction.IN, EVERYTHING, "0.0.0.0/0", allows=False, number=200),
                line(Direction.IN, MYSQL, "0.0.0.0/0", number=300),
                line(Direction.OUT, EVERYTHING, "0.0.0.0/0"),
            ),
            "tcp 22",
        ),
    ],
    ids=["open", "in narrower", "no answers", "denied first", "another denied", "too late"],
)
def test_a_network_acl_is_read_from_the_lowest_number_and_both_paths(
    entries: tuple[AclEntry, ...], expected: str
) -> None:
    """The first line that matches decides, and answers must be let back out; inside a subnet no ACL is asked."""
    groups = (group("sg-4"), group("sg-5", (SSH, "sg-4"), (MYSQL, "sg-4")))
    known = inventory(*PAIR, groups=groups, subnets=(subnet(1), subnet(2, rules=acl(*entries))))
    assert reached(known, "i-4", "i-5") == expected
    together = inventory(server("10.0.2.4"), PAIR[1], groups=groups, subnets=(subnet(2, rules=acl(*entries)),))
    assert reached(together, "i-4", "i-5") == "tcp 22, tcp 3306"


def test_a_narrower_route_takes_traffic_elsewhere() -> None:
    """A route that leads another subnet's traffic to an appliance or nowhere: it does not arrive by itself."""
    groups = (group("sg-4"), group("sg-5", (SSH, "sg-4")))
    diverted = subnet(1, routes(("10.0.2.0/24", "eni-appliance")))
    assert reached(inventory(*PAIR, groups=groups, subnets=(diverted, subnet(2))), "i-4", "i-5") == "nothing"
    no_way_back = subnet(2, routes(("10.0.1.0/24", "eni-appliance")))
    assert reached(inventory(*PAIR, groups=groups, subnets=(subnet(1), no_way_back)), "i-4", "i-5") == "nothing"


def test_ipv6_has_rules_of_its_own() -> None:
    """A rule about IPv4 lets nothing through in IPv6; by groups it is the same for both."""
    dual = [
        replace(each, addresses=(*each.addresses, ip_network(six)))
        for each, six in zip(PAIR, ("2001:db8:0:1::4", "2001:db8:0:2::5"), strict=True)
    ]
    by_address = group("sg-5", (SSH, "10.0.1.0/24"), (MYSQL, "2001:db8:0:1::/64"))
    assert reached(inventory(*dual, groups=(group("sg-4"), by_address)), "i-4", "i-5") == "tcp 22, tcp 3306"
    assert reached(inventory(*PAIR, groups=(group("sg-4"), by_address)), "i-4", "i-5") == "tcp 22"


def test_a_service_answers_only_on_its_ports() -> None:
    """A rule that opens more than the database's port opens the port; the service has some address of its subnets."""
    database = Service(
        kind=ServiceKind.DATABASE,
        id="shop",
        tags={},
        subnet_ids=("subnet-1", "subnet-2"),
        group_ids=("sg-9",),
        traffic=MYSQL,
    )
    groups = (group("sg-4", (SSH, "10.0.1.77/32")), group("sg-9", (EVERYTHING, "sg-4")))
    known = inventory(PAIR[0], groups=groups, services=(database,))
    assert reached(known, "i-4", "shop") == "tcp 3306"
    assert reached(known, "shop", "i-4") == "tcp 22"


def test_who_is_not_reached_may_be_so_by_way_of_others() -> None:
    """The shortest paths through other places, each of which would have to pass traffic on."""
    groups = (group("sg-4"), group("sg-5", (SSH, "sg-4")), group("sg-6", (MYSQL, "sg-5")))
    known = inventory(*PAIR, server("10.0.2.6"), groups=groups)
    graph = Reach(known).graph(places(known))
    assert relayed(graph, "i-4", "i-6") == [["i-4", "i-5", "i-6"]]
    assert relayed(graph, "i-6", "i-4") == []
