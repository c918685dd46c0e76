"""Versions of database engines, which a program may write shorter than AWS answers them."""

from __future__ import annotations


def spelled_version(actual: str, said: str | None) -> str:
    """The version as the program wrote it, where that is a prefix (``8.4``) of the one that runs (``8.4.5``)."""
    return said if said and f"{actual}.".startswith(f"{said}.") else actual
