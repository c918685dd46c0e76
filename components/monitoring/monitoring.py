"""What a stack's config says of its monitoring: who is told, and from where on a measure is a fault."""

from __future__ import annotations

import pulumi


class AlarmNameError(ValueError, pulumi.RunError):
    """``alarm_names`` does not fit the alarms that there are, which only the whole stack tells.

    Ends the program without a traceback."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"monitoring.alarm_names: {fault}")
