"""Reads YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# The parser in C takes a tenth of the time, which every preview waits for; some builds of PyYAML lack it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path) -> Any:
    """The file's content. Raises yaml.YAMLError."""
    return yaml.load(file.read_text(), Loader=_LOADER)  # both loaders are safe
