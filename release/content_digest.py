"""A digest of what is in a bundle, which its own ``.platform/release.env`` has.

Who holds a bundle can see that nothing in it was changed since it was built, wherever it was meanwhile.

It is the SHA-256 of lines as `sha256sum` prints them, in the order of their paths, for every entry but that file. The
content of a symbolic link is its target, and a directory has none.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, field

CONTENT = "CONTENT_SHA256"
"""Its name in ``.platform/release.env``."""


@dataclass(frozen=True)
class ContentDigest:
    """The digest of entries that are added one after the other, in any order."""

    _lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, content: bytes) -> None:
        self._lines.append((path, hashlib.sha256(content).hexdigest()))

    def add_entry(self, bundle: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        """Add an entry of an open bundle, a piece at a time: a small zip may unpack to more than the memory holds."""
        with bundle.open(entry) as content:
            self._lines.append((entry.filename, hashlib.file_digest(content, "sha256").hexdigest()))  # type: ignore[arg-type]

    def hexdigest(self) -> str:
        text = "".join(f"{digest}  {path}\n" for path, digest in sorted(self._lines))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of(cls, bundle: zipfile.ZipFile, release_file: str) -> str:
        """That of an open bundle. Raises ``zipfile.BadZipFile`` for a zip that is damaged."""
        digest = cls()
        for entry in bundle.infolist():
            if entry.filename != release_file:
                digest.add_entry(bundle, entry)
        return digest.hexdigest()
