"""Draws docs/architecture.svg, the platform in one picture, from the recorded graph of the production stack.

    python -m docs.draw_architecture

Boxes are what the program declares, and arrows are what the security groups let through. Graphviz does the layout. The
picture holds its own source in Graphviz's language, so that a test compares it with the graph without Graphviz.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from docs.architecture import (
    EDGE,
    IPSEC,
    LISTED,
    MAGENTO,
    OUTSIDE,
    PLACES,
    SATELLITE,
    SERVER,
    STORE,
    VPN_USERS,
    WORLD,
    Box,
    Picture,
    Platform,
)
from tests.unit.graph import Graph
from tests.unit.program import program

PICTURE = Path(__file__).with_name("architecture.svg")

# Fill and border by kind, in the order of the legend.
_COLOURS = {
    OUTSIDE: ("#ffffff", "#868e96"),
    EDGE: ("#f3e8ff", "#9c6ade"),
    MAGENTO: ("#ffe8d6", "#e8590c"),
    SATELLITE: ("#fff3bf", "#c99700"),
    SERVER: ("#dbeafe", "#3b82f6"),
    STORE: ("#d9f2e3", "#2f9e60"),
}
_ARROWS = {WORLD: "#d6336c", LISTED: "#b35c00", VPN_USERS: "#1971c2", PLACES: "#1971c2"}
_INSIDE_ARROW = "#495057"
_LEGEND_OF_ARROWS = {
    _ARROWS[WORLD]: "from anywhere",
    _ARROWS[LISTED]: "from listed addresses",
    _ARROWS[VPN_USERS]: "over a VPN",
    _INSIDE_ARROW: "inside",
}


def dot(graph: Graph) -> str:
    """The picture in Graphviz's language."""
    platform = Platform(graph)
    picture = platform.picture()
    return "\n".join(_lines(platform, picture)) + "\n"


def _lines(platform: Platform, picture: Picture) -> Iterator[str]:
    yield "digraph architecture {"
    yield '  graph [rankdir=TB, compound=true, bgcolor=white, nodesep=0.1, ranksep=0.4, fontname="Arial", fontsize=12]'
    yield '  node [shape=box, style="rounded,filled", fontname="Arial", fontsize=10, margin="0.07,0.05", height=0.3]'
    yield "  edge [penwidth=1.2, arrowsize=0.6]"
    for box in picture.boxes:
        if not box.tier:
            yield f"  {_node(box, picture)}"
    row = " -> ".join(_quoted(box.name) for box in picture.boxes if box.kind == OUTSIDE)
    yield f"  {{ rank=same; edge [style=invis]; {row} }}"
    yield '  subgraph "cluster network" { labelloc=b; labeljust=l; style=rounded; color="#adb5bd"; margin=8'
    yield f"    label=<<b>{platform.network()}</b>>"
    for box in picture.boxes:
        if box.tier == "network":
            yield f"    {_node(box, picture)}"
    for tier, fill in (("public", "#f8f9fa"), ("private", "#f1f3f5")):
        yield f'    subgraph "cluster {tier}" {{ label=""; style="rounded,filled"; fillcolor="{fill}"; margin=8'
        yield '      color="#ced4da"'
        yield f"      {_subnets(tier, platform.subnets(tier))}"
        of_site = [box for box in picture.boxes if box.tier == tier and box.kind == MAGENTO]
        if of_site:
            yield '      subgraph "cluster site" { label=""; style="rounded,dashed"; color="#e8590c"; margin=6'
            yield from (f"        {_node(box, picture)}" for box in of_site)
            yield "      }"
        for box in picture.boxes:
            if box.tier == tier and box not in of_site:
                yield f"      {_node(box, picture)}"
        if tier == "private":
            behind = " ".join(f"{_quoted(name)};" for name in picture.behind())
            yield f'      {{ rank=same; {behind} "private subnets" }}'
        yield "    }"
    yield "  }"
    yield from _arrows(picture)
    yield from _below(platform, picture)
    yield "}"


def _arrows(picture: Picture) -> Iterator[str]:
    """One arrow where all environments of the site have the same, from or to the box around them."""
    site = [box.name for box in picture.boxes if box.kind == MAGENTO]
    order = [box.name for box in picture.boxes]
    for source, target in sorted(picture.arrows, key=lambda arrow: (order.index(arrow[0]), order.index(arrow[1]))):
        colour = _ARROWS.get(source, _ARROWS[VPN_USERS] if (VPN_USERS, source) in picture.arrows else _INSIDE_ARROW)
        options = {"color": colour, "tooltip": f"{source} to {target}"}
        if source in site and all((each, target) in picture.arrows for each in site):
            if source != site[0]:
                continue
            options["ltail"] = "cluster site"
        if (source, target) == (PLACES, IPSEC):
            options["style"] = "dashed"
        yield f"  {_quoted(source)} -> {_quoted(target)} [{', '.join(f'{k}={_quoted(v)}' for k, v in options.items())}]"


def _below(platform: Platform, picture: Picture) -> Iterator[str]:
    """What no subnet holds, and the legend, below everything else."""
    beside = _table(
        f'<td align="left" valign="top"><b>{escape(service)}</b></td>'
        f'<td align="left" balign="left">{"<br/>".join(map(escape, _wrapped(what, 50)))}</td>'
        for service, what in platform.beside()
    )
    fills = _table(
        f'<td bgcolor="{fill}" color="{line}" border="1" width="18"> </td><td align="left">{kind}</td>'
        for kind, (fill, line) in _COLOURS.items()
    )
    arrows = _table(
        f'<td><font color="{colour}" point-size="16">→</font></td><td align="left">{text}</td>'
        for colour, text in _LEGEND_OF_ARROWS.items()
    )
    cells = "".join(f'<td valign="top">{each}</td>' for each in (beside, fills, arrows))
    yield f'  below [shape=plain, style="", label=<<table border="0" cellspacing="8"><tr>{cells}</tr></table>>]'
    for box in picture.boxes:
        if box.kind == STORE:
            yield f"  {_quoted(box.name)} -> below [style=invis]"
        if box.tier == "private" and box.name not in picture.behind():
            yield f'  {_quoted(box.name)} -> "private subnets" [style=invis, weight=0]'


def _table(rows: Iterable[str]) -> str:
    return f'<table border="0" cellspacing="2" cellpadding="1">{"".join(f"<tr>{row}</tr>" for row in rows)}</table>'


def _node(box: Box, picture: Picture) -> str:
    fill, line = _COLOURS[box.kind]
    reached = picture.ports.get(box.name)
    lines = (
        [*box.lines, *_wrapped(f"port{'s' * (',' in reached or '-' in reached)} {reached}")] if reached else box.lines
    )
    title = "<br/>".join(f"<b>{escape(each)}</b>" for each in _wrapped(box.name, 18))
    text = "".join(f"<br/>{escape(each)}" for each in lines)
    shape = ', shape=cylinder, style=filled, margin="0.07,0.08"' if box.kind == STORE else ""
    return f'{_quoted(box.name)} [label=<{title}{text}>, fillcolor="{fill}", color="{line}"{shape}]'


def _subnets(tier: str, subnets: list[str]) -> str:
    text = "".join(f'<br align="left"/>{escape(each)}' for each in subnets)
    return f'"{tier} subnets" [shape=plain, style="", label=<<b>{tier} subnets</b>{text}<br align="left"/>>]'


def _wrapped(text: str, width: int = 20) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def source_of(svg: str) -> str:
    """The Graphviz source that a picture was drawn from."""
    found = re.search(r"<metadata><!\[CDATA\[\n(.*?)\]\]></metadata>", svg, re.DOTALL)
    return found[1] if found else ""


def draw(source: str) -> str:
    """The picture, with its source inside. Its size is in pixels, so that a page shows its text as large as its own."""
    svg = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, text=True, check=True).stdout
    # Arial may be missing where the page is read; what stands in for it must be as narrow.
    svg = svg.replace('font-family="Arial"', 'font-family="Arial, Helvetica, Liberation Sans, sans-serif"')
    svg = re.sub(r'<svg width="(\d+)pt" height="(\d+)pt"', r'<svg width="\1" height="\2"', svg)
    head, opening, body = re.split(r"(<svg[^>]*>)", svg, maxsplit=1)
    return f"{head}{opening}\n<metadata><![CDATA[\n{source}]]></metadata>{body}"


def main() -> None:
    if not shutil.which("dot"):
        sys.exit("dot: got no such program, expected Graphviz. On Debian or Ubuntu: sudo apt-get install graphviz")
    PICTURE.write_text(draw(dot(program("prod"))))
    print(f"wrote docs/{PICTURE.name}")


if __name__ == "__main__":
    main()
