"""What `./shop reach` prints, and how it ends when it has no answer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
from rich.console import Console as RichConsole

from commands import shell
from commands.console import Console
from reachability.app import app
from reachability.display import show_matrix
from reachability.document import Answer, document
from reachability.inventory import Inventory
from reachability.places import places
from reachability.reach import Reach
from reachability.traffic import Traffic
from tests.unit.commands.test_aws_api import Refusing, answering
from tests.unit.reachability.test_reach import MYSQL, SSH, group, inventory, routes, server, subnet

KNOWN = inventory(
    server("10.0.1.4", public="203.0.113.9"),
    server("10.0.2.5"),
    groups=(
        group("sg-4", (Traffic.of("tcp", 80), "0.0.0.0/0"), (SSH, "192.0.2.0/28"), out=()),
        group("sg-5", (MYSQL, "10.0.1.0/24"), (Traffic.of("udp", 53), "10.0.1.0/24")),
    ),
    subnets=(subnet(1, routes(("0.0.0.0/0", "igw-1"))), subnet(2)),
)


def answers() -> list[Answer]:
    graph = Reach(KNOWN).graph(places(KNOWN))
    return [Answer(source=source, target=target, **found) for source, target, found in graph.edges(data=True)]


def shown(known: Inventory, width: int = 100) -> str:
    """The matrix as it is printed when piped."""
    found = places(known)
    edges = Reach(known).graph(found).edges(data=True)
    answers = [Answer(source=source, target=target, **edge) for source, target, edge in edges]
    written = io.StringIO()
    show_matrix(Console(rich=RichConsole(file=written, width=width)), found, answers)
    return written.getvalue()


def test_each_target_has_a_block_with_its_ports_and_their_sources() -> None:
    """What the internet reaches is not repeated for the other sources, and a target that nothing reaches is listed."""
    blocks = shown(KNOWN).split("\n\n")
    assert blocks[0] == "i-4 (server)\n  80 from internet\n  22 from 192.0.2.0/28"
    assert blocks[1] == "Not reached by any place: i-5"
    assert "192.0.2.0/28: address range" in blocks[2]


def test_equal_targets_share_a_block_and_no_line_is_too_wide() -> None:
    """A long list of sources is broken between names."""
    sources = [server(f"10.0.1.{number}", groups=("sg-1",)) for number in range(10, 40)]
    opened = inventory(
        *sources,
        server("10.0.2.5"),
        server("10.0.2.6"),
        groups=(
            group("sg-1"),
            group("sg-5", (Traffic.of("udp", 50000, 60000), "10.0.1.0/24")),
            group("sg-6", (Traffic.of("udp", 50000, 60000), "10.0.1.0/24")),
        ),
    )
    lines = shown(opened).splitlines()
    assert lines[0] == "i-5, i-6 (server)"
    assert lines[1].startswith("  udp 50000-60000 from i-10, i-11")
    assert {f"i-{number}" for number in range(10, 40)} <= set(" ".join(lines[1:4]).replace(",", "").split())
    assert max(map(len, lines)) <= 100


def test_the_document_has_the_shape_that_it_describes() -> None:
    """For programs: lists in an order that does not change, so that two answers can be compared."""
    answer = document(KNOWN, places(KNOWN), answers())
    assert list(answer) == ["network", "places", "reach"]
    assert answer["network"] == {
        "vpc_id": "vpc-1",
        "name": "net",
        "region": "eu-west-3",
        "cidrs": ["10.0.0.0/16", "2001:db8::/56"],
    }
    assert [(each["name"], each["kind"], each["public"], each["cidrs"]) for each in answer["places"]] == [
        ("internet", "internet", False, []),
        ("192.0.2.0/28", "address range", False, ["192.0.2.0/28"]),
        ("i-4", "server", True, []),
        ("i-5", "server", False, []),
    ]
    assert [(each["from"], each["to"], each["traffic"]) for each in answer["reach"]] == [
        ("internet", "i-4", ["tcp 80"]),
        ("192.0.2.0/28", "i-4", ["tcp 22", "tcp 80"]),
        ("i-5", "i-4", ["tcp 80"]),
    ]
    assert all(set(hop) == {"component", "explanation", "allows"} for each in answer["reach"] for hop in each["hops"])


@pytest.fixture
def refusing_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """boto3 meets a server of this machine that refuses everything."""
    with answering(monkeypatch, Refusing):
        yield


def run(*arguments: str) -> tuple[int, str]:
    """The exit code, and what was written for errors."""
    with redirect_stderr(io.StringIO()) as said:
        code = shell.run(app, name="reach", arguments=arguments)
    return code, said.getvalue()


@pytest.mark.usefixtures("refusing_aws")
def test_a_refused_call_is_named_in_one_line() -> None:
    """The user then knows which permission to ask for."""
    code, said = run("--region", "eu-west-3")
    assert code == 1
    assert said.count("\n") == 1
    assert "ec2:DescribeVpcs" in said
    assert "not authorized" in said


@pytest.mark.usefixtures("refusing_aws")
def test_without_a_region_nothing_is_asked() -> None:
    code, said = run()
    assert (code, said.count("\n")) == (2, 1)
    assert "--region" in said


@pytest.mark.usefixtures("refusing_aws")
def test_a_region_that_cannot_be_one_is_refused_before_anything_is_asked() -> None:
    """boto3 would look for its endpoint, and only then fail."""
    code, said = run("--region", "paris")
    assert (code, said.count("\n")) == (2, 1)
    assert "got 'paris'" in said


@pytest.mark.parametrize("arguments", [["--nowhere"], ["--from"]])
def test_a_misused_option_is_bad_input(arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2
