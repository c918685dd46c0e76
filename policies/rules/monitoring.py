"""Alarms, topics and logs."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
