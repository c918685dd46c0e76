"""ElastiCache and OpenSearch: encrypted, guarded and redundant data stores."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
