"""A PHP file that returns the given Python values, as Magento's ``app/etc/env.php`` does."""

from __future__ import annotations

from collections.abc import Mapping

PhpValue = str | int | bool | None | Mapping[str, "PhpValue"]


def php_file(value: Mapping[str, PhpValue]) -> str:
    """A PHP file whose inclusion yields ``value``."""
    return f"<?php\nreturn {_literal(value, 0)};\n"


def _literal(value: PhpValue, depth: int) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # PHP has only these two escapes in single quotes.
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    indent = "    " * (depth + 1)
    rows = "".join(f"{indent}{_key(key)} => {_literal(each, depth + 1)},\n" for key, each in value.items())
    return f"[\n{rows}{'    ' * depth}]"


def _key(key: str) -> str:
    return key if key.isdecimal() else _literal(key, 0)
