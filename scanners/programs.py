"""The scanners: their versions, and where they are installed."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from commands.errors import CannotRunError


@dataclass(frozen=True, kw_only=True)
class Program:
    """A scanner from PyPI. Its requirements conflict with the project's, so it has a virtual environment of its own."""

    name: str
    version: str

    @property
    def home(self) -> Path:
        """Its virtual environment: below ``XDG_CACHE_HOME``, or ``~/.cache``."""
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(cache) / "magento-scanners" / f"{self.name}-{self.version}"

    def find(self) -> str:
        """The command. Raises CannotRunError, which says how to install it."""
        found = shutil.which(self.name, path=str(self.home / "bin"))
        if found is None:
            raise CannotRunError(
                f"{self.name} {self.version} is not installed: "
                f"python3 -m venv {self.home} && {self.home}/bin/pip install {self.name}=={self.version}"
            )
        return found


PROWLER = Program(name="prowler", version="5.46.0")
CHECKOV = Program(name="checkov", version="3.3.30")
