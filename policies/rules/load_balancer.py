"""Load balancers: what they listen to, and whom they send it to."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
