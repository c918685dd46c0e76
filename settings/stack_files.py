"""The stack files of the project as they are on disk, for what must know stacks other than the one that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pulumi
import yaml
from pydantic import ValidationError

from settings.messages import Fault, Words
from settings.stack_file import Settings, SettingsError, report

_NAMESPACE = "magento:"
_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C is ten times as fast, where PyYAML has it."""


def read(directory: Path) -> Mapping[str, Settings | None]:
    """The settings of each stack by its name, or None for a stack file that is invalid."""
    found = {}
    for file in sorted(directory.glob("Pulumi.*.yaml")):
        found[file.name.removeprefix("Pulumi.").removesuffix(".yaml")] = _settings_of(file)
    return found


def require_namespaces(directory: Path | None = None) -> None:
    """Raise ``SettingsError`` if the file of the stack that runs has a key without its namespace, such as ``protect``.

    Pulumi takes it as ``magento:protect``. If the file has both, Pulumi takes now the one and now the other, and the
    program sees neither which nor that there are two.
    """
    file = (directory or Path(pulumi.get_root_directory())) / f"Pulumi.{pulumi.get_stack()}.yaml"
    try:
        config = (yaml.load(file.read_bytes(), Loader=_LOADER) or {}).get("config") or {}
    except (OSError, yaml.YAMLError):  # given by `--config-file`, or with a value that PyYAML does not read
        return
    bare = [key for key in map(str, config) if ":" not in key]
    if bare:
        got = Words("a key without its namespace")
        raise SettingsError(
            report(Fault(path=key, got=got, expected=f"{_NAMESPACE}{key} in place of {key}") for key in bare)
        )


def _settings_of(file: Path) -> Settings | None:
    try:
        content = yaml.load(file.read_bytes(), Loader=_LOADER)
        config = content["config"]
        values = {key.removeprefix(_NAMESPACE): value for key, value in config.items() if key.startswith(_NAMESPACE)}
        # Without quotation marks, a date such as that of `expires` is text for Pulumi, and none for PyYAML.
        return Settings.model_validate_json(json.dumps({**values, "region": config.get("aws:region")}, default=str))
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValidationError):
        return None
