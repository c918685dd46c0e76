"""The VPC: subnets, routes, flow logs and addresses."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
