"""Buckets: private, encrypted, and spoken to over TLS only."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
