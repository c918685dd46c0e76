"""Secrets and keys: where they are kept, and where not."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
