"""Alarms and the dashboard: who gets mail, and from which value on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import Field

from settings.messages import Fault
from settings.section import Section, repeated

_MOST_PERCENT = 99


class ThresholdSettings(Section):
    """The last good value of each metric. Counts are per minute."""

    database_cpu_percent: int = 70
    """CPU of the database in %. The alarm is raised above it, in 3 of 3 minutes."""
    database_connections: int = 100
    """Connections to the database. The alarm is raised above it, in 3 of 3 minutes."""
    environment_health: int = 0
    """Health of the environment: 0 ok, 1 info, 5 unknown, 10 no data, 15 warning, 20 degraded, 25 severe (Beanstalk,
    "Publishing CloudWatch custom metrics"). The alarm is raised above it, for 15 minutes."""
    certificate_days: int = 30
    """Days before the certificate expires at which the alarm is raised."""
    database_free_storage_gib: int = 20
    """Free storage of a database in GiB. The alarm is raised below it, for 15 minutes."""
    database_free_memory_mib: int = 1024
    """Free memory of a database in MiB. The alarm is raised below it, for 15 minutes."""
    cache_memory_percent: int = 80
    """Memory in use of each cache node, in %."""
    cache_evictions: int = 100
    """Evictions a minute of each cache node."""
    cache_replica_lag_seconds: int = 10
    """How far a replica of the cache is behind, in seconds."""
    search_free_storage_gib: int = 20
    """Free storage of a search instance in GiB. The alarm is raised below it, for 15 minutes."""
    load_balancer_errors: int = 10
    """The load balancer's own 5xx answers a minute, without 503."""
    target_errors: int = 30
    """The instances' 5xx answers a minute."""

    def faults(self) -> Iterator[Fault]:
        for key, value in self.model_dump().items():
            most = _MOST_PERCENT if key.endswith("_percent") else None
            if value < 0 or (most is not None and value > most):
                yield Fault(path=key, got=value, expected=f"0 to {most}" if most else "0 or more")


class MonitoringSettings(Section):
    """Alarms by e-mail and a dashboard."""

    recipients: tuple[str, ...]
    """The e-mail addresses that get the alarms. Each must confirm once."""
    alarm_names: Mapping[str, str] = Field(default_factory=dict)
    """Names for alarms, by the alarm's key. Without one, an alarm is called `<client>-<environment>-<key>`. A `*` in a
    key matches any text, which replaces `{}` in the name: `vpn-*-down: DLM-{} VPN status`."""
    thresholds: ThresholdSettings = Field(default_factory=ThresholdSettings)
    """The last good value of each metric."""
    mail_when_over: bool = False
    """Whether a second mail says that the fault is over."""

    def faults(self) -> Iterator[Fault]:
        if not self.recipients:
            yield Fault(path="recipients", got=self.recipients, expected="one e-mail address or more")
        for index, address in enumerate(self.recipients):
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
                yield Fault(path=f"recipients.{index}", got=address, expected="an e-mail address")
        if found := repeated(self.recipients):
            yield Fault(path="recipients", got=found, expected="each address once")
        for key, name in self.alarm_names.items():
            if key.count("*") != name.count("{}"):
                yield Fault(path=f"alarm_names.{key}", got=name, expected="one {} in the name for each * in the key")

    def name_of(self, key: str) -> str | None:
        """The name for an alarm, by its key; ``None`` when `alarm_names` has none."""
        for pattern, name in self.alarm_names.items():
            found = re.fullmatch("(.+)".join(map(re.escape, pattern.split("*"))), key)
            if found:
                return name.format(*(part.capitalize() for part in found.groups()))
        return None
