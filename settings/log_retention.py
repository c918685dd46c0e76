"""How long CloudWatch Logs keeps what is written to it."""

from __future__ import annotations

from typing import Annotated

from settings.instance_types import facts
from settings.values import Limit

_DAYS: tuple[int, ...] = tuple(facts()["log_retention_days"])
"""What CloudWatch Logs takes ("PutRetentionPolicy")."""
LogRetentionDays = Annotated[
    int, Limit(expected=f"one of {', '.join(map(str, _DAYS))}", holds=lambda days: days in _DAYS)
]
