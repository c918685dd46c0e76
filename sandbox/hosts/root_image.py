"""The file system that machines start from: a Debian with nginx, PHP, Apache, MariaDB, Redis and HAProxy, built once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class RootImageError(RuntimeError):
    """The image cannot be built here. The message says in one line what is missing."""


@dataclass(frozen=True, kw_only=True)
class RootImage:
    """Directories to mount one over another, the first on top. Nothing may write to them."""

    layers: tuple[Path, ...]

    @staticmethod
    def ensure(cache: Path, report: Callable[[str], None] = print) -> RootImage:
        """The image of this recipe in the cache directory ``cache``, built first when there is none: minutes, and about 1 GiB.

        ``report`` gets a line for each step of a build, and none otherwise. Raises ``RootImageError``: not root, no
        Debian or Ubuntu, or a build that failed.
        """
        raise NotImplementedError
