"""What all resources have in common: tags, protection, and who may be changed by what."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
