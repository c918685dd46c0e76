"""Copies of the tracked stack files, into which the CLI writes the encryption settings of the sandbox.

The CLI writes a stack's encryption settings into its file at `stack init`, and whenever a command does not find them.
The tracked files must not change, and their settings for a real account, such as a KMS key, do not work in the sandbox.
The CLI therefore works on copies: the tracked text with the encryption settings of the sandbox instead.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

_AS_THEY_ARE = "surrogateescape"
"""Bytes that are not UTF-8 are copied: what reads the stack's file says so, and other stacks go on."""
_ENCRYPTION_KEYS = ("encryptionsalt", "encryptedkey", "secretsprovider")


@dataclass(frozen=True, kw_only=True)
class ShadowProject:
    """A folder that is the same Pulumi project as the repository, with copies of its stack files."""

    repository: Path
    directory: Path

    def config_file(self, stack: str) -> Path:
        """The copy for a stack. It may not exist: a stack needs no file."""
        return self.directory / f"Pulumi.{stack}.yaml"

    def refresh(self) -> list[str]:
        """Create the folder, and update each copy whose tracked file has changed.

        Returns a sentence for each value that `pulumi config set` had written into such a copy, and that is lost.
        """
        (self.directory / "made-from").mkdir(parents=True, exist_ok=True)
        project = self.directory / "Pulumi.yaml"
        if not project.is_symlink():
            project.symlink_to(self.repository / "Pulumi.yaml")
        return [line for tracked in sorted(self.repository.glob("Pulumi.*.yaml")) for line in self._refresh(tracked)]

    def _refresh(self, tracked: Path) -> list[str]:
        copy, origin = self.directory / tracked.name, self.directory / "made-from" / tracked.name
        text = tracked.read_text(encoding="utf-8", errors=_AS_THEY_ARE)
        old_origin, old_copy = _text(origin), _text(copy)
        if old_copy is not None and old_origin == text:
            return []
        plain, _ = split_encryption_settings(text)
        _, encryption = split_encryption_settings(old_copy or "")
        _replace(copy, f"{plain.rstrip()}\n{encryption}" if encryption else plain)
        _replace(origin, text)
        return [
            f"{tracked.name} has changed, so your value of {key} in the sandbox is lost. Set it again if needed."
            for key in _changed_values(old_origin or "", old_copy or "")
        ]


def split_encryption_settings(text: str) -> tuple[str, str]:
    """A stack file's text without its encryption settings, and those settings.

    Split by line: a YAML library would lose comments and turn texts such as `12:30` into numbers.
    """
    plain: list[str] = []
    encryption: list[str] = []
    in_encryption = False
    for line in text.splitlines(keepends=True):
        if not line.startswith((" ", "\t")):
            in_encryption = bool(re.match(rf"['\"]?({'|'.join(_ENCRYPTION_KEYS)})['\"]?\s*:", line))
        (encryption if in_encryption else plain).append(line)
    return "".join(plain), "".join(encryption)


def _changed_values(origin: str, copy: str) -> list[str]:
    """The config keys whose values in a copy differ from those in the file that it was made from."""
    before, after = _values(origin), _values(copy)
    return sorted(key for key, value in after.items() if before.get(key) != value)


def _values(text: str) -> dict[str, object]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}  # The CLI reports it better.
    config = document.get("config") if isinstance(document, dict) else None
    return {key: _as_saved(value) for key, value in config.items()} if isinstance(config, dict) else {}


def _as_saved(value: object) -> object:
    """A value as the CLI saves it: as text, so `false` becomes `"false"`."""
    return value if isinstance(value, str | dict | list) else json.dumps(value)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors=_AS_THEY_ARE) if path.exists() else None


def _replace(path: Path, text: str) -> None:
    """Write a file in one step, since another `pulumi` may be reading it."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".new-", delete=False, encoding="utf-8", errors=_AS_THEY_ARE
    ) as new:
        new.write(text)
    Path(new.name).replace(path)
