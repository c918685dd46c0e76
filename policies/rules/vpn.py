"""IPSec links: both tunnels, strong cryptography, routes and secrets."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
