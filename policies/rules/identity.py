"""IAM: no more power than a role needs."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
