"""Sets of traffic: the arithmetic of ports and protocols that every answer rests on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachability.traffic import EVERYTHING, NOTHING, Traffic

PORTS = st.integers(0, 65535)


@st.composite
def spans(draw: st.DrawFn) -> Traffic:
    first, last = sorted((draw(PORTS), draw(PORTS)))
    return Traffic.of(draw(st.sampled_from(["tcp", "udp"])), first, last)


@given(one=spans(), other=spans(), port=PORTS, protocol=st.sampled_from(["tcp", "udp"]))
def test_sets_behave_as_sets_port_by_port(one: Traffic, other: Traffic, port: int, protocol: str) -> None:
    """Whatever the ranges: a port is in a union, intersection or difference exactly when logic says so."""
    single = Traffic.of(protocol, port, port)
    in_one, in_other = bool(one & single), bool(other & single)
    assert bool((one | other) & single) == (in_one or in_other)
    assert bool(one & other & single) == (in_one and in_other)
    assert bool((one - other) & single) == (in_one and not in_other)


@pytest.mark.parametrize(
    ("traffic", "shown"),
    [
        (EVERYTHING, "all"),
        (NOTHING, "nothing"),
        (Traffic.of("-1"), "all"),
        (Traffic.of("tcp", 443, 443), "tcp 443"),
        (Traffic.of("6", 21, 21) | Traffic.of("tcp", 22, 25), "tcp 21-25"),
        (Traffic.of("17", 53, 53) | Traffic.of("tcp", 53, 53), "tcp 53, udp 53"),
        (Traffic.of("tcp", 0, 65535), "tcp"),
        (Traffic.of("tcp", -1, -1), "tcp"),
        (Traffic.of("icmp", -1, -1), "icmp"),
        (Traffic.of("icmp", 8, 0), "icmp 8"),
        (Traffic.of("58", 128, -1), "icmpv6 128"),
        (Traffic.of("50"), "protocol 50"),
        (EVERYTHING - Traffic.of("tcp", 22, 22), "tcp 0-21, tcp 23-65535, udp, icmp, icmpv6, protocol"),
    ],
)
def test_traffic_reads_as_a_rule_of_ec2_means_it(traffic: Traffic, shown: str) -> None:
    """Protocols by name or number, -1 for all of them; neighbouring ranges are one."""
    assert str(traffic) == shown


@pytest.mark.parametrize(
    ("asked", "answers", "left"),
    [
        (Traffic.of("tcp", 22), Traffic.of("tcp", 1024, 65535), "tcp 22"),
        (Traffic.of("tcp", 22), Traffic.of("tcp", 0, 1023), "nothing"),
        (Traffic.of("tcp", 22), Traffic.of("udp", 1024, 65535), "nothing"),
        (Traffic.of("udp", 53), Traffic.of("udp", 40000, 40000), "udp 53"),
        (Traffic.of("icmp", 8, 0), Traffic.of("icmp", 0, 0), "icmp 8"),
        (Traffic.of("50"), Traffic.of("51"), "nothing"),
        (EVERYTHING, EVERYTHING, "all"),
    ],
)
def test_answers_come_back_to_ephemeral_ports(asked: Traffic, answers: Traffic, left: str) -> None:
    """Where no state is kept, a connection needs its answers let through as well."""
    assert str(asked.answered_by(answers)) == left
