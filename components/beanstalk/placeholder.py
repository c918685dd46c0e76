"""The version that a Beanstalk environment starts with: a page that says that nothing has been released yet."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<title>No release yet</title>
<p>This environment has no release yet. It shows this page until the first one is deployed.</p>
</html>
"""
_ABOUT = "The first version of a new environment. The stack made it. It is not a release.\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold. With the time of today, each run would make another file."""
_READABLE = 0o100644 << 16
_UNIX = 3


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """A bundle that answers 200 at the start page and at the health check's path.

    Beanstalk's sample application has neither Magento's health check nor its document root, so that a new environment
    would never become healthy.
    """

    document_root: str
    health_check_path: str

    @property
    def files(self) -> Mapping[str, str]:
        """Path in the bundle, and contents.

        The health check's page is a file of exactly that name, since the web server has no rules of the application
        yet: nginx redirects ``/health`` to ``/health/`` if ``health`` is a directory.
        """
        path = urlsplit(self.health_check_path).path
        health = f"{path}index.php" if path.endswith("/") else path
        return {"README.txt": _ABOUT, self._served("index.php"): _PAGE, self._served(health): _PAGE}

    def bundle(self) -> bytes:
        """The zip file, always the same bytes: without times, and without compression, whose output differs between
        versions of zlib."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as bundle:
            for path, content in sorted(self.files.items()):
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.create_system, entry.external_attr = _UNIX, _READABLE
                bundle.writestr(entry, content)
        return made.getvalue()

    def _served(self, path: str) -> str:
        """The path in the bundle of what the web server finds at ``path``."""
        # The slash in front keeps any .. inside the document root, and the document root inside the bundle.
        return posixpath.normpath(f"{self.document_root}/{posixpath.normpath(f'/{path}')}").lstrip("/")
