"""The stack files of the project as they are on disk, for what must know stacks other than the one that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from settings.stack_file import Settings

_NAMESPACE = "magento:"
_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C is ten times as fast, where PyYAML has it."""


def read(directory: Path) -> Mapping[str, Settings | None]:
    """The settings of each stack by its name, or None for a stack file that is invalid."""
    found = {}
    for file in sorted(directory.glob("Pulumi.*.yaml")):
        found[file.name.removeprefix("Pulumi.").removesuffix(".yaml")] = _settings_of(file)
    return found


def _settings_of(file: Path) -> Settings | None:
    try:
        content = yaml.load(file.read_bytes(), Loader=_LOADER)
        config = content["config"]
        values = {key.removeprefix(_NAMESPACE): value for key, value in config.items() if key.startswith(_NAMESPACE)}
        # Without quotation marks, a date such as that of `expires` is text for Pulumi, and none for PyYAML.
        return Settings.model_validate_json(json.dumps({**values, "region": config.get("aws:region")}, default=str))
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValidationError):
        return None
