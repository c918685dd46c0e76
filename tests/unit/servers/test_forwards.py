"""Which listener gets which port, and what a target has to admit."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.forwards import ForwardSettings, listeners, target_ports
from settings.ports import PortRange, merged
from tests.unit.settings.faults import faults_of

WINDOWS, SATELLITE = "windows.internal-client.url", "custom-connection.internal-client.url"
FTP = ForwardSettings(name="ftp", ports=(21,), passive_ports="2048-4096", target=WINDOWS)
RDP = ForwardSettings(name="rdp", ports=(3389,), target=WINDOWS)


def forward(name: str, *ports: int | str, **others: Any) -> ForwardSettings:
    return ForwardSettings(name=name, ports=ports, **{"target": WINDOWS, **others})


def binds(*forwards: ForwardSettings) -> dict[str, list[str]]:
    return {each.name: [str(ports) for ports in each.binds] for each in listeners(forwards)}


def test_a_range_gives_way_to_a_port_within_it() -> None:
    """FTP's passive range surrounds remote desktop's port: bound by both, connections would go to either at random."""
    assert binds(FTP, RDP) == {"ftp": ["21"], "ftp-passive": ["2048-3388", "3390-4096"], "rdp": ["3389"]}
    assert binds(RDP, FTP) == {"ftp": ["21"], "ftp-passive": ["2048-3388", "3390-4096"], "rdp": ["3389"]}


def test_the_narrowest_range_has_the_port() -> None:
    """A range within a range within a range."""
    assert binds(forward("wide", "100-200"), forward("middle", "120-180"), forward("one", 150)) == {
        "wide": ["100-119", "181-200"],
        "middle": ["120-149", "151-180"],
        "one": ["150"],
    }


def test_a_port_at_the_edge_of_a_range_leaves_the_rest() -> None:
    assert binds(forward("wide", "100-200"), forward("first", 100), forward("last", 200))["wide"] == ["101-199"]


@pytest.mark.parametrize(("one", "other"), [("100-200", "150-250"), ("100-200", "200-300"), ("3389", "3389")])
def test_ports_that_two_forwards_claim_alike_are_refused(one: str, other: str) -> None:
    """Neither surrounds the other, so nothing says who is meant."""
    got = f"first {one} and second {other}"
    with pytest.raises(ValueError, match=f"^forwards: got {got}, expected ranges that do not overlap, or one inside"):
        listeners([forward("first", one), forward("second", other)])


def test_a_port_that_another_ftp_server_may_announce_is_refused() -> None:
    """A port within the passive range is never used by the FTP server's own machine when that machine listens there
    itself; another target's port would get data connections that are not meant for it."""
    with pytest.raises(
        ValueError,
        match=r"^forwards: got satellite \S+ within passive_ports of ftp, expected ports outside of 2048-4096\. ",
    ):
        listeners([FTP, forward("satellite", 2121, target=SATELLITE)])


def test_a_name_is_given_once() -> None:
    """Names are HAProxy's sections, those that passive ranges get by themselves included."""
    with pytest.raises(ValueError, match=r'^forwards: got \["ftp-passive"\], expected each name once$'):
        listeners([FTP, forward("ftp-passive", 99)])


def test_a_target_admits_what_it_gets_and_no_more() -> None:
    """Neighbours are one range, another target's ports are not among them, and the port of the check is."""
    forwards = [
        FTP,
        RDP,
        forward("application", "8700-8800", check_port=135),
        forward("satellite", 2021, target=SATELLITE, target_port=21, passive_ports="5000-5100"),
    ]
    assert [str(each) for each in target_ports(forwards, WINDOWS)] == ["21", "135", "2048-4096", "8700-8800"]
    assert [str(each) for each in target_ports(forwards, SATELLITE)] == ["21", "5000-5100"]
    assert target_ports(forwards, "nobody.internal-client.url") == ()


PORT = "expected a port such as 3389 or a range such as 8700-8800, from 1 to 65535"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"name": "Windows FTP"},
            'name: got "Windows FTP", expected lower-case letters, digits and hyphens, a letter first',
        ),
        ({"ports": ()}, "ports: got 0 entries, expected 1 entry or more"),
        ({"ports": ("4096-2048",)}, f'ports.0: got "4096-2048", {PORT}'),
        ({"ports": (0,)}, f"ports.0: got 0, {PORT}"),
        ({"ports": (21, 65536)}, f"ports.1: got 65536, {PORT}"),
        ({"ports": ("21,22",)}, f'ports.0: got "21,22", {PORT}'),
        ({"ports": (True,)}, f"ports.0: got true, {PORT}"),
        (
            {"passive_ports": "20-30"},
            'passive_ports: got "20-30", expected a range of ports from 1024 to 65535, such as 5000-5099',
        ),
        ({"target": "windows"}, 'target: got "windows", expected an IPv4 address or a full host name in lower case'),
        (
            {"target": "win.internal\n  bind :80"},
            'target: got "win.internal\\n  bind :80", expected an IPv4 address or a full host name in lower case',
        ),
        (
            {"target_port": 21, "ports": ("100-200",)},
            "target_port: got 21, expected no target_port, since ports is not a single port",
        ),
        ({"check_port": 0}, "check_port: got 0, expected 1 to 65535"),
        ({"target_port": 70000}, "target_port: got 70000, expected 1 to 65535"),
    ],
)
def test_what_haproxy_would_refuse_or_misread_is_refused(wrong: dict[str, Any], message: str) -> None:
    """Before anything is created, and no value of the stack file can become a line of HAProxy's own."""
    assert faults_of(lambda: ForwardSettings(**{"name": "ftp", "ports": (21,), "target": WINDOWS, **wrong})) == [
        message
    ]


# From 23 on: the gateway has its own SSH on 22.
PORT_RANGES = st.tuples(st.integers(23, 400), st.integers(0, 60)).map(
    lambda pair: PortRange(first=pair[0], last=pair[0] + pair[1])
)


@given(st.lists(PORT_RANGES, max_size=8))
def test_merged_ranges_hold_the_same_ports_apart(ranges: list[PortRange]) -> None:
    """No port is won or lost, and no two results touch: each costs a security group rule."""
    results = merged(ranges)
    assert _ports(results) == sorted(set(_ports(ranges)))
    assert all(later.first - earlier.last > 1 for earlier, later in pairwise(results))


@given(st.lists(PORT_RANGES, max_size=8))
def test_every_wanted_port_is_bound_once_or_all_are_refused(ranges: list[PortRange]) -> None:
    """Whatever the config: no port twice, none forgotten."""
    forwards = [forward(f"forward-{index}", str(each)) for index, each in enumerate(ranges)]
    try:
        bound = [each for listener in listeners(forwards) for each in listener.binds]
    except ValueError:
        return
    assert sorted(_ports(bound)) == sorted(set(_ports(ranges)))


def _ports(ranges: Iterable[PortRange]) -> list[int]:
    return [port for each in ranges for port in range(each.first, each.last + 1)]
