"""``./shop reach``: what reaches what on which port in a deployed network, according to AWS's API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from typing import Annotated

import networkx as nx
import typer

from commands.aws_api import AwsApi
from commands.console import Console
from reachability.display import show_matrix, show_path
from reachability.document import Answer, document
from reachability.places import Kind, Place, places, subnet_places
from reachability.reach import Reach, relayed
from reachability.reading import read
from reachability.selection import select

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog="Exit codes: 0 answered; 1 AWS refused a call; 2 no such network or place, or no region.")
def reach(
    source: Annotated[
        str | None, typer.Option("--from", metavar="PLACE", help="Only from this place: its name, a part, or a system.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--to", metavar="PLACE", help="Only to this place. With --from also shows what blocks."),
    ] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region; by default the one that boto3 finds.")] = None,
    vpc: Annotated[str | None, typer.Option(metavar="ID", help="Which VPC, if there are several.")] = None,
    client: Annotated[str | None, typer.Option(metavar="NAME", help="The VPC with this Client tag.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Show what reaches what on which port. With --from or --to also show the path of each pair."""
    inventory = read(AwsApi(region), vpc_id=vpc, client=client)
    known, subnets = places(inventory), subnet_places(inventory)
    sources = known if source is None else select("--from", source, known)
    targets = _without_ranges(known) if target is None else select("--to", target, known, subnets)
    reach = Reach(inventory)
    graph = reach.graph(known)
    answers = [
        answer
        for start, end in product(sources, targets)
        if (answer := _answer(reach, graph, start, end)).traffic
        # A pair that the user asked for is shown also when nothing gets through.
        or (source is not None and target is not None and start != end)
    ]
    console = Console()
    if as_json:
        typer.echo(json.dumps(document(inventory, known, answers), indent=2))
    elif source is None and target is None:
        show_matrix(console, known, answers)
    else:
        for answer in answers:
            reached = answer.traffic or answer.target not in graph
            show_path(console, answer, [] if reached else relayed(graph, answer.source, answer.target))
        if not answers:
            console.say("Nothing.")


def _without_ranges(known: Sequence[Place]) -> list[Place]:
    """All targets except address ranges, which are parts of the internet."""
    return [place for place in known if place.kind is not Kind.ADDRESS_RANGE]


def _answer(reach: Reach, graph: nx.DiGraph[str], source: Place, target: Place) -> Answer:
    """The edge of the graph, or what blocks the pair."""
    if graph.has_edge(source.name, target.name):
        return Answer(source=source.name, target=target.name, **graph.edges[source.name, target.name])
    traffic, path = reach.between(source, target)
    return Answer(source=source.name, target=target.name, traffic=traffic, path=path)
