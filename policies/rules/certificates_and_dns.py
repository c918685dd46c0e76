"""Certificates and zones."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
