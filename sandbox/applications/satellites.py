"""Source trees of the stand-in satellites.

python -m sandbox.applications.satellites NAME DIRECTORY
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
PARTS: Mapping[str, tuple[str, ...]] = {
    "pim": ("symfony_base", "pim"),
    "custom-connection": ("symfony_base", "custom_connection"),
    "mirakl-cashout": ("mirakl_cashout",),
}
"""Each satellite: the folders that are copied over each other."""


def build(name: str, destination: Path) -> Path:
    """The application of a satellite, as a build leaves it. Raises KeyError for a name that there is none of."""
    for part in PARTS[name]:
        shutil.copytree(HERE / part, destination, dirs_exist_ok=True)
    return destination


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.applications.satellites", description=__doc__)
    parser.add_argument("name", choices=PARTS)
    parser.add_argument("directory", type=Path)
    asked = parser.parse_args(arguments)
    build(asked.name, asked.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
