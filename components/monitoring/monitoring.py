"""What a stack's config says of its monitoring: who is told, and from where on a measure is a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import pulumi


class AlarmNameError(ValueError, pulumi.RunError):
    """``alarm_names`` does not fit the alarms that there are, which only the whole stack tells.

    Ends the program without a traceback."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"monitoring.alarm_names: {fault}")


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The last value that is still good of each measure. The first four are row 15's own figures; what is counted is
    counted a minute. Raises ``ValueError`` for what can never be reached."""

    database_cpu_percent: int = 70
    database_connections: int = 100
    environment_health: int = 0
    """0 ok, 1 info, 5 unknown, 10 no data, 15 warning, 20 degraded, 25 severe (Beanstalk, "Publishing CloudWatch
    custom metrics")."""
    certificate_days: int = 30
    database_free_storage_gib: int = 20
    database_free_memory_mib: int = 1024
    cache_memory_percent: int = 80
    cache_evictions: int = 100
    cache_replica_lag_seconds: int = 10
    search_free_storage_gib: int = 20
    load_balancer_errors: int = 10
    target_errors: int = 30

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            most = 99 if each.name.endswith("_percent") else None
            if value < 0 or (most is not None and value > most):
                raise ValueError(f"{each.name} must be 0 {f'to {most}' if most else 'or more'}, got {value}")


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Who is told, and of what.

    ``alarm_names`` gives an alarm, by its key, the name that people know it by. A ``*`` in a key stands for any text,
    which the name repeats, capitalised, in place of its ``{}``: ``vpn-*-down: DLM-{} VPN status``. ``mail_when_over``
    sends a second mail when the fault is gone. Raises ``ValueError`` for what is no address, and for nobody.
    """

    recipients: tuple[str, ...]
    alarm_names: Mapping[str, str] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    mail_when_over: bool = False

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("recipients must name at least one address, got none: alarms would tell nobody")
        for address in self.recipients:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
                raise ValueError(f"recipients must be e-mail addresses, got '{address}'")
        if len(set(self.recipients)) < len(self.recipients):
            raise ValueError(f"recipients must name each address once, got {', '.join(self.recipients)}")
        for key, name in self.alarm_names.items():
            if key.count("*") != name.count("{}"):
                raise ValueError(f"alarm_names: '{key}' needs a {{}} in its name for each *, got '{name}'")

    def name_of(self, key: str) -> str | None:
        """What people call the alarm of a key; ``None`` when nobody has named it."""
        for pattern, name in self.alarm_names.items():
            found = re.fullmatch("(.+)".join(map(re.escape, pattern.split("*"))), key)
            if found:
                return name.format(*(part.capitalize() for part in found.groups()))
        return None
