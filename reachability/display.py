"""The answer for people: what reaches each target, and the path of a pair hop by hop."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from commands.console import Console
from reachability.document import Answer
from reachability.places import INTERNET, Kind, Place
from reachability.traffic import NOTHING, Traffic

_LEGEND = (
    "Ports are TCP ports unless the protocol is named. What the internet reaches, every other source may reach too: "
    "it is not repeated."
)


def show_matrix(console: Console, places: Sequence[Place], answers: Iterable[Answer]) -> None:
    """One block for each target: its ports, and the sources that reach it there. Equal blocks are merged."""
    lines_of = _lines_by_target(places, answers)
    if not lines_of:
        console.say("No place reaches another.")
        return
    blocks: dict[tuple[tuple[str, ...], Kind], list[Place]] = {}
    # The network's own places first; the internet and remote networks last.
    for place in sorted(places, key=lambda each: each.is_outside):
        if place.name in lines_of:
            blocks.setdefault((lines_of[place.name], place.kind), []).append(place)
    for (lines, kind), targets in blocks.items():
        _wrapped(console, _title(targets, kind), style="bold")
        for line in lines:
            _wrapped(console, line, indent="  ")
        console.say("")
    unreached = [each.name for each in places if not each.is_outside and each.name not in lines_of]
    if unreached:
        _wrapped(console, f"Not reached by any place: {', '.join(unreached)}")
        console.say("")
    outside = [each for each in places if each.is_outside and each.name != INTERNET]
    if outside:
        console.say("Outside the network:")
        for place in outside:
            _wrapped(console, _described(place), indent="  ", style="dim")
        console.say("")
    _wrapped(console, _LEGEND, style="dim", hanging="")


def show_path(console: Console, answer: Answer, relays: Sequence[Sequence[str]]) -> None:
    """One pair: what gets through, and what each component of the path allows.

    ``relays`` are paths through other places, for a pair without a direct one.
    """
    style = "green" if answer.traffic else "red"
    console.say(f"{answer.source} → {answer.target}: {answer.traffic}", style=f"bold {style}", indent="  ")
    for hop in answer.path.hops:
        mark, style = ("✓", "") if hop.allows else ("✗", "red")
        console.say(f"  {mark} {hop.component}: {hop.explanation}", style=style, indent="    ")
    for relay in relays:
        console.say(f"  Only if each of them relays it: {' → '.join(relay)}", style="yellow", indent="    ")


def _lines_by_target(places: Sequence[Place], answers: Iterable[Answer]) -> Mapping[str, tuple[str, ...]]:
    """For each target that is reached its lines, such as ``443 from front, back-office``."""
    traffic = {(each.source, each.target): each.traffic for each in answers}
    order = {place.name: position for position, place in enumerate(places)}
    sources: dict[str, dict[Traffic, list[str]]] = {}
    for source, target in sorted(traffic, key=lambda pair: order[pair[0]]):
        known = NOTHING if source == INTERNET else traffic.get((INTERNET, target), NOTHING)
        if more := traffic[source, target] - known:
            sources.setdefault(target, {}).setdefault(more, []).append(source)
    return {target: tuple(_lines(by_traffic)) for target, by_traffic in sources.items()}


def _lines(sources: Mapping[Traffic, Sequence[str]]) -> Iterator[str]:
    for traffic, names in sources.items():
        ports = ", ".join(each.removeprefix("tcp ") for each in traffic.ranges)
        yield f"{ports} from {', '.join(names)}"


def _title(targets: Sequence[Place], kind: Kind) -> str:
    names = ", ".join(f"{each.name} ×{each.members}" if each.members > 1 else each.name for each in targets)
    return names if kind is Kind.INTERNET else f"{names} ({kind.value})"


def _described(place: Place) -> str:
    about = f", {place.about}" if place.about else ""
    return f"{place.name}: {place.kind.value}{about}"


def _wrapped(console: Console, text: str, *, indent: str = "", hanging: str = "    ", style: str = "") -> None:
    """Broken to the console's width also when piped, with later lines further in."""
    lines = textwrap.wrap(
        text,
        console.width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        console.raw(line, style=style)
