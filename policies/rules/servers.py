"""EC2 instances and their volumes."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
