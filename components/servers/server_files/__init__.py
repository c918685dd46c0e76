"""What runs on the servers, as real files: a folder a server, and ``boot`` for what all of them share.

They are packaged as files so that shellcheck, the programs that read them and people can have them as they are.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent
# Not for browsers: what is rendered is shell and configuration, where HTML's escapes would be errors.
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


def render(name: str, **values: object) -> str:
    """A ``.j2`` template with ``values`` filled in. Raises ``jinja2.UndefinedError`` for one that is not given."""
    return _TEMPLATES.get_template(name).render(values)
