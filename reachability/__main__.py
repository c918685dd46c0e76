"""`python -m reachability`: who reaches whom on which port, asked of AWS's API alone.

It ends with 0 when it could tell, 1 when AWS refused a call, and 2 when there is no such network or place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Annotated

import networkx as nx
import typer
from rich.console import Console

from reachability.aws_api import AwsApi, NotConfiguredError, RefusedError
from reachability.document import Answer, document
from reachability.places import Kind, Place, places, subnet_places
from reachability.reach import Reach, relayed
from reachability.reading import NoSuchNetworkError, read
from reachability.report import show_matrix, show_way
from reachability.selection import NoSuchPlaceError, select

_REFUSED, _MISUSED = 1, 2
_LOG_WIDTH = 200
"""Columns where there is no terminal to ask."""


def main(
    source: Annotated[
        str | None, typer.Option("--from", metavar="PLACE", help="Only from there: a name, a part of it, or a system.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", metavar="PLACE", help="Only to there. With --from it says why not, too.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="AWS's region; otherwise the one that boto3 finds.")] = None,
    vpc: Annotated[str | None, typer.Option(metavar="ID", help="Which network, where there are several.")] = None,
    client: Annotated[str | None, typer.Option(metavar="NAME", help="The network with this Client tag.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Tell who reaches whom on which port, and with --from or --to also how."""
    with _in_plain_words():
        inventory = read(AwsApi(region), vpc_id=vpc, client=client)
        known, subnets = places(inventory), subnet_places(inventory)
        sources = known if source is None else select(source, known)
        targets = _inclusive(known) if target is None else select(target, known, subnets)
    reach = Reach(inventory)
    graph = reach.graph(known)
    answers = [
        answer
        for start, end in product(sources, targets)
        if (answer := _answer(reach, graph, start, end)).traffic
        # Why not is told of those who were asked for.
        or (source is not None and target is not None and start != end)
    ]
    console = Console(highlight=False)
    if as_json:
        typer.echo(json.dumps(document(inventory, known, answers), indent=2))
    elif source is None and target is None:
        show_matrix(_wide_enough(console), known, answers)
    else:
        for answer in answers:
            reached = answer.traffic or answer.target not in graph
            show_way(console, answer, [] if reached else relayed(graph, answer.source, answer.target))
        if not answers:
            console.print("Nothing.")


def _inclusive(known: Sequence[Place]) -> list[Place]:
    """All but address ranges, of which the internet is the whole."""
    return [place for place in known if place.kind is not Kind.ADDRESS_RANGE]


def _answer(reach: Reach, graph: nx.DiGraph[str], source: Place, target: Place) -> Answer:
    """What the graph has, or why it has nothing."""
    if graph.has_edge(source.name, target.name):
        return Answer(source=source.name, target=target.name, **graph.edges[source.name, target.name])
    traffic, way = reach.between(source, target)
    return Answer(source=source.name, target=target.name, traffic=traffic, way=way)


def _wide_enough(console: Console) -> Console:
    return console if console.is_terminal else Console(highlight=False, width=_LOG_WIDTH)


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Turn what goes wrong into a line for a person and an exit code."""
    try:
        yield
    except RefusedError as error:
        typer.echo(f"AWS does not answer {error}", err=True)
        raise typer.Exit(_REFUSED) from None
    except (NoSuchNetworkError, NoSuchPlaceError, NotConfiguredError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_MISUSED) from None


if __name__ == "__main__":
    typer.run(main)
