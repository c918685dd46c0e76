"""Copies of the tracked stack files, for the CLI to write the sandbox's encryption salt into.

The CLI keeps a stack's encryption settings in the stack's file: it writes them at `stack init`, and again whenever a
command that needs them does not find them. The tracked files must stay as they are, and what a user keeps in them for a
real account (a KMS key, say) is of no use in the sandbox. So the CLI works on a copy: the tracked text, without its
encryption settings, with the sandbox's own.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

_ENCRYPTION_KEYS = ("encryptionsalt", "encryptedkey", "secretsprovider")


@dataclass(frozen=True, kw_only=True)
class ShadowProject:
    """A folder that is the same Pulumi project as the repository, with copies for stack files."""

    repository: Path
    directory: Path

    def config_file(self, stack: str) -> Path:
        """The copy that the CLI is to use; it may not exist, as for a stack that has no file in the repository."""
        return self.directory / f"Pulumi.{stack}.yaml"

    def refresh(self) -> list[str]:
        """Make the folder, and anew each copy whose tracked file has changed since.

        Returns a sentence for each value that `pulumi config set` had put into such a copy, and that is now gone.
        """
        (self.directory / "made-from").mkdir(parents=True, exist_ok=True)
        project = self.directory / "Pulumi.yaml"
        if not project.is_symlink():
            project.symlink_to(self.repository / "Pulumi.yaml")
        return [line for tracked in sorted(self.repository.glob("Pulumi.*.yaml")) for line in self._refresh(tracked)]

    def _refresh(self, tracked: Path) -> list[str]:
        copy, origin = self.directory / tracked.name, self.directory / "made-from" / tracked.name
        text = tracked.read_text(encoding="utf-8")
        old_origin, old_copy = _text(origin), _text(copy)
        if old_copy is not None and old_origin == text:
            return []
        plain, _ = split_encryption_settings(text)
        _, encryption = split_encryption_settings(old_copy or "")
        _replace(copy, f"{plain.rstrip()}\n{encryption}" if encryption else plain)
        _replace(origin, text)
        return [
            f"{tracked.name} has changed, so the sandbox's own value of {key} is gone; set it again if it is needed."
            for key in _changed_values(old_origin or "", old_copy or "")
        ]


def split_encryption_settings(text: str) -> tuple[str, str]:
    """A stack file's text without its encryption settings, and those settings.

    Cut by line rather than by a YAML library, which would lose comments and turn texts such as `12:30` into numbers.
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
    """The config keys whose values in a copy are not those of the file that it was made from."""
    before, after = _values(origin), _values(copy)
    return sorted(key for key, value in after.items() if before.get(key) != value)


def _values(text: str) -> dict[str, object]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}  # The CLI reports what is wrong with a stack file, better than anything here could.
    config = document.get("config") if isinstance(document, dict) else None
    return {key: _as_saved(value) for key, value in config.items()} if isinstance(config, dict) else {}


def _as_saved(value: object) -> object:
    """The CLI saves a plain value as text, whatever it was before: `false` becomes `"false"`."""
    return value if isinstance(value, str | dict | list) else json.dumps(value)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _replace(path: Path, text: str) -> None:
    """Write a file in one step, since another `pulumi` may be reading it."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".new-", delete=False, encoding="utf-8") as new:
        new.write(text)
    Path(new.name).replace(path)
