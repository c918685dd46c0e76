"""A theme's static files: how Magento is told to write them, and whether it did.

`setup:static-content:deploy` can end with 0 although a theme failed, such as for an error in a `.less` file, or in a
parallel job (magento/magento2 issues 13447 and 22563). Its files are then missing or incomplete.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from commands.errors import CannotRunError
from release.bundle import BundleError
from settings.messages import MISSING, Words, message

STATICS = "pub/static"
VERSION_FILE = f"{STATICS}/deployed_version.txt"
DEFAULT = ("frontend/Client/dlm:fr_FR", "adminhtml/Magento/backend:en_US,fr_FR")

_LOCALE = r"[a-z]{2,3}(?:_[A-Z][a-z]{3})?_[A-Z]{2}"
_TEXT = re.compile(rf"(frontend|adminhtml)/(\w+/[\w-]+):({_LOCALE}(?:,{_LOCALE})*)", re.A)
_REQUIREJS = ("requirejs-config.js", "requirejs-config.min.js")
"""Magento writes one of them for every theme and locale. The second is that of minified files."""
_HASHES = "sri-hashes.json"
"""What browsers hold scripts against, on pages with payments. Magento 2.4.8 has one for each area."""
_MADE = {".git", "generated", "pub", "var"}
"""Directories of an application that hold no sources of static files."""
_MOST_FAULTS = 10


@dataclass(frozen=True, kw_only=True)
class Statics:
    """The locales of one theme."""

    area: str
    theme: str
    locales: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Statics:
        """From a text such as `frontend/Client/dlm:fr_FR,en_US`."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise CannotRunError(
                message("--statics", got=text, expected=f"a theme and its locales, such as {DEFAULT[1]}")
            )
        return cls(area=found[1], theme=found[2], locales=tuple(found[3].split(",")))

    def options(self) -> tuple[str, ...]:
        """Of `setup:static-content:deploy`."""
        return ("--area", self.area, "--theme", self.theme, *self.locales)

    def folders(self) -> Iterator[Path]:
        """One for each locale, from the application's directory."""
        return (Path(STATICS, self.area, self.theme, locale) for locale in self.locales)


def content_version(release: str) -> str:
    """The release's name as `--content-version`, which takes letters, digits, underscores and dots.

    Magento 2.3 and later check it (`Magento\\Deploy\\Console\\InputValidator`).
    """
    return release.replace("-", ".")


@contextmanager
def keeping_hashes(application: Path) -> Iterator[None]:
    """Keep the hashes of themes that are there already.

    When it writes one theme's files, Magento removes the hashes of all (``RemoveAllAssetIntegrityHashes``). Browsers
    would then run the other themes' scripts unchecked.
    """
    before = {path: json.loads(path.read_text()) for path in (application / STATICS).rglob(_HASHES)}
    yield
    for path, hashes in before.items():
        now = json.loads(path.read_text()) if path.exists() else {}
        # PHP writes an empty map as a list.
        path.write_text(json.dumps({**dict(hashes), **dict(now)}))


def check(application: Path, statics: Sequence[Statics]) -> None:
    """Raise BundleError about static files that are missing or empty, a line each."""
    folders = [folder for each in statics for folder in each.folders()]
    faults = [fault for folder in folders for fault in _missing(application, folder)]
    faults += [
        message(str(path), got=Words("an empty file"), expected="its content") for path in _empty(application, folders)
    ]
    version = application / VERSION_FILE
    if not version.is_file() or not version.read_text().strip():
        faults.append(message(VERSION_FILE, got=MISSING, expected="the version of the static files"))
    if len(faults) > _MOST_FAULTS:
        faults[_MOST_FAULTS:] = [f"and {len(faults) - _MOST_FAULTS} more"]
    if faults:
        raise BundleError("\n".join(faults))


def _missing(application: Path, folder: Path) -> Iterator[str]:
    names = {path.name for path in (application / folder).rglob("*") if path.is_file()}
    if not names:
        fix = "If the shop has other themes or locales, name them with --statics."
        yield message(str(folder), got=MISSING, expected="the theme's static files", fix=fix)
        return
    if not any((application / folder / name).is_file() for name in _REQUIREJS):
        yield message(str(folder / _REQUIREJS[0]), got=MISSING, expected="the file that every theme has")
    if not any(name.endswith(".css") for name in names):
        yield message(str(folder / "css"), got=Words("no .css file"), expected="the theme's styles")


def _empty(application: Path, folders: Sequence[Path]) -> Sequence[Path]:
    """Empty files that should not be. Modules have empty files too, and some `.less` files make no styles."""
    empty = [
        path.relative_to(application)
        for folder in folders
        for path in sorted((application / folder).rglob("*"))
        if path.is_file() and path.stat().st_size == 0
    ]
    if not empty:
        return ()
    sources = frozenset(_sources_of_empty_files(application))
    return [path for path in empty if _has_content(path, sources)]


def _has_content(path: Path, sources: Collection[str]) -> bool:
    name = path.name.replace(".min.", ".")
    if name in _REQUIREJS or (name.startswith("styles") and path.suffix == ".css"):
        return True
    return name not in sources and f"{name.removesuffix('.css')}.less" not in sources


def _sources_of_empty_files(application: Path) -> Iterator[str]:
    """The names of empty files, and of all `.less` files."""
    for directory, folders, files in os.walk(application):
        if Path(directory) == application:
            folders[:] = [name for name in folders if name not in _MADE]
        for name in files:
            if name.endswith(".less") or Path(directory, name).lstat().st_size == 0:
                yield name
