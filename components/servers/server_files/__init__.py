"""The files that run on the servers: a folder for each server, and ``boot`` for all of them.

They are real files, so that shellcheck, the programs that read them and people can read them as they are.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent
# Without HTML escapes, because the templates are shell scripts and configuration.
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def read(name: str) -> str:
    """The text of a file, such as ``boot/mount_data_volumes.sh``. Raises ``FileNotFoundError``."""
    return (_FOLDER / name).read_text()


def packages(folder: str) -> tuple[str, ...]:
    """The Debian packages that a folder's servers need. Images are made from the same list."""
    return tuple(read(f"{folder}/packages.txt").split())


def services(folder: str) -> tuple[str, ...]:
    """The systemd units, or patterns of them, that a folder's servers are there for. A boot starts them."""
    return tuple(read(f"{folder}/services.txt").split())


def render(name: str, **values: object) -> str:
    """A ``.j2`` template with ``values`` filled in. Raises ``jinja2.UndefinedError`` for a missing value."""
    return _TEMPLATES.get_template(name).render(values)
