"""The address plan: row 17's arithmetic, without Pulumi."""

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from components.network.address_plan import plan

ZONES = ("eu-west-3a", "eu-west-3b", "eu-west-3c")


def test_the_notes_six_subnets() -> None:
    """Row 17: X.0.1-3.0/24 are public, X.0.101-103.0/24 private, one of each a zone."""
    planned = plan(IPv4Network("10.0.0.0/16"), ZONES)
    assert [str(each.public) for each in planned] == ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
    assert [str(each.private) for each in planned] == ["10.0.101.0/24", "10.0.102.0/24", "10.0.103.0/24"]
    assert [each.letter for each in planned] == ["a", "b", "c"]


@given(first=st.integers(1, 223), second=st.integers(0, 255), zones=st.integers(1, 6), prefix=st.sampled_from([16, 17]))
def test_subnets_never_overlap_and_stay_inside(first: int, second: int, zones: int, prefix: int) -> None:
    """Whatever network and however many zones: every subnet lies in the network, and no two share an address."""
    network = IPv4Network(f"{first}.{second}.0.0/{prefix}")
    planned = plan(network, tuple(f"zone-{letter}" for letter in "abcdef"[:zones]))
    subnets = [subnet for each in planned for subnet in (each.public, each.private)]
    assert all(subnet.subnet_of(network) for subnet in subnets)
    assert not any(one.overlaps(other) for index, one in enumerate(subnets) for other in subnets[index + 1 :])
