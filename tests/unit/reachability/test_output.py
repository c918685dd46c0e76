"""What `python -m reachability` prints, and how it ends when it cannot tell."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from reachability.__main__ import main
from reachability.document import Answer, document
from reachability.places import places
from reachability.reach import Reach
from reachability.report import show_matrix
from reachability.traffic import Traffic
from tests.unit.reachability.test_aws_api import Refusing, answering
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
    return [Answer(source=source, target=target, **told) for source, target, told in graph.edges(data=True)]


def matrix(width: int) -> str:
    written = io.StringIO()
    show_matrix(Console(file=written, width=width), places(KNOWN), answers())
    return written.getvalue()


def test_the_matrix_tells_ports_once() -> None:
    """A range's row leaves out what the internet has too; who reaches nothing more has no row."""
    rows = [line for line in matrix(120).splitlines() if line.startswith("│")]
    cells = {cell[0]: cell[1:] for row in rows if (cell := [each.strip() for each in row.strip("│").split("│")])}
    assert cells == {"1 internet": ["80"], "2 192.0.2.0/28": ["22"]}


def test_a_narrow_terminal_gets_the_columns_one_after_another() -> None:
    """No cell is cut, whatever the width."""
    opened = inventory(
        server("10.0.1.4"),
        server("10.0.2.5"),
        server("10.0.2.6"),
        groups=(
            group("sg-4"),
            group("sg-5", (Traffic.of("tcp", 50000, 60000), "10.0.1.0/24")),
            group("sg-6", (Traffic.of("udp", 50000, 60000), "10.0.1.0/24")),
        ),
    )
    graph = Reach(opened).graph(places(opened))
    told = [Answer(source=source, target=target, **edge) for source, target, edge in graph.edges(data=True)]
    for width, tables in ((120, 1), (30, 2)):
        written = io.StringIO()
        show_matrix(Console(file=written, width=width), places(opened), told)
        assert written.getvalue().count("┏") == tables
        assert " 50000-60000 " in written.getvalue()
        assert " udp 50000-60000 " in written.getvalue()


def test_the_document_has_the_shape_that_it_describes() -> None:
    """For programs: lists in an order that does not change, so that two answers can be compared."""
    told = document(KNOWN, places(KNOWN), answers())
    assert list(told) == ["network", "places", "reach"]
    assert told["network"] == {
        "vpc_id": "vpc-1",
        "name": "net",
        "region": "eu-west-3",
        "cidrs": ["10.0.0.0/16", "2001:db8::/56"],
    }
    assert [(each["name"], each["kind"], each["public"], each["cidrs"]) for each in told["places"]] == [
        ("internet", "internet", False, []),
        ("192.0.2.0/28", "address range", False, ["192.0.2.0/28"]),
        ("i-4", "server", True, []),
        ("i-5", "server", False, []),
    ]
    assert [(each["from"], each["to"], each["traffic"]) for each in told["reach"]] == [
        ("internet", "i-4", ["tcp 80"]),
        ("192.0.2.0/28", "i-4", ["tcp 22", "tcp 80"]),
        ("i-5", "i-4", ["tcp 80"]),
    ]
    assert all(set(hop) == {"what", "why", "lets"} for each in told["reach"] for hop in each["hops"])


@pytest.fixture
def refusing_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """boto3 meets a server of this machine that refuses everything."""
    with answering(monkeypatch, Refusing):
        yield


def run(*arguments: str) -> tuple[int, str]:
    """The exit code, and what was written for errors."""
    app = typer.Typer()
    app.command()(main)
    ended = CliRunner().invoke(app, arguments)
    return ended.exit_code, ended.stderr


@pytest.mark.usefixtures("refusing_aws")
def test_a_refused_call_is_named_in_one_line() -> None:
    """So that whoever lacks a right knows which to ask for."""
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


@pytest.mark.parametrize("arguments", [["--nowhere"], ["--from"]])
def test_a_misused_option_is_bad_input(arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2
