"""Alarms and the dashboard: who gets mail, and from which value on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from settings.messages import Fault
from settings.section import Section
from settings.values import Limit, Text, between, different, entries, like

Percent = Annotated[int, between(0, 99)]
Count = Annotated[int, between(0, 1_000_000)]
Gib = Annotated[int, between(0, 65_536)]
Email = Annotated[
    str,
    like(
        r"(?=.{3,254}\Z)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
        "an e-mail address, such as alerts@client.url",
    ),
]
_LONGEST_NAME = 255
"""Of an alarm ("PutMetricAlarm")."""
_LONGEST_PART = 20
"""What replaces a ``{}``: a name of the stack file is no longer."""
AlarmKey = Annotated[
    str, like("[a-z0-9*-]{1,255}", "an alarm's key, such as database-cpu, or a pattern such as vpn-*-down")
]
AlarmName = Annotated[
    Text,
    Limit(
        expected=f"at most {_LONGEST_NAME} characters, {_LONGEST_PART} of them for each {{}}",
        holds=lambda name: len(name.replace("{}", "x" * _LONGEST_PART)) <= _LONGEST_NAME,
    ),
    Limit(expected="no braces except {}", holds=lambda name: not set("{}") & set(name.replace("{}", ""))),
]


class ThresholdSettings(Section):
    """The last good value of each metric."""

    database_cpu_percent: Percent = 70
    """CPU of the database. The alarm is raised above it, in 3 of 3 minutes."""
    database_connections: Count = 100
    """Connections to the database. The alarm is raised above it, in 3 of 3 minutes."""
    environment_health: Annotated[int, between(0, 24)] = 0
    """Health of the site's environments, in Beanstalk's numbers: 0 ok, 1 info, 5 unknown, 10 no data, 15 warning, 20
    degraded, 25 severe. The alarm is raised above it, for 15 minutes."""
    certificate_days: Annotated[int, between(1, 397)] = 30
    """The alarm is raised when the certificate expires in fewer days."""
    vpn_certificate_days: Annotated[int, between(1, 397)] = 30
    """The alarm is raised when the first certificate of the OpenVPN server or of its users ends in fewer days."""
    vpn_authority_days: Annotated[int, between(1, 3650)] = 365
    """The alarm is raised when the certificate authority of the OpenVPN server ends in fewer days. Each user needs a
    new profile before that."""
    database_free_storage_gib: Gib = 20
    """Free storage of a database. The alarm is raised below it, for 15 minutes."""
    database_free_memory_mib: Count = 1024
    """Free memory of a database. The alarm is raised below it, for 15 minutes."""
    cache_memory_percent: Percent = 80
    """Memory in use of each cache node. The alarm is raised above it."""
    cache_evictions: Count = 100
    """Evictions a minute of each cache node. The alarm is raised above it."""
    cache_engine_cpu_percent: Percent = 90
    """CPU of the core that each cache node's engine works on. The alarm is raised above it."""
    cache_replica_lag_seconds: Count = 10
    """How far a replica of the cache is behind. The alarm is raised above it."""
    search_free_storage_gib: Gib = 20
    """Free storage of each search instance. The alarm is raised below it, for 15 minutes."""
    search_cpu_percent: Percent = 80
    """CPU of each search instance. The alarm is raised above it, for 45 minutes."""
    search_memory_percent: Percent = 95
    """Java heap in use of each search instance. The alarm is raised above it."""
    search_old_memory_percent: Percent = 80
    """Java heap of long-lived objects in use of each search instance. The alarm is raised above it."""
    server_disk_percent: Percent = 80
    """Space in use of a server's fullest file system, and files of those that it can have. The alarm is raised above
    it, for 15 minutes. At most `server_full_percent`."""
    server_full_percent: Percent = 90
    """The same, for a second alarm, and for memory and swap of a server."""
    load_balancer_errors: Count = 10
    """The load balancer's own 5xx answers a minute, without 503. The alarm is raised above it."""
    target_errors: Count = 30
    """The instances' 5xx answers a minute. The alarm is raised above it."""
    hold_minutes: Annotated[int, between(10, 1440)] = 60
    """How long the maintenance hold may be armed, in steps of five minutes. The alarm is raised after it."""

    def faults(self) -> Iterator[Fault]:
        if self.server_disk_percent > self.server_full_percent:
            yield Fault(
                path="server_disk_percent",
                got=self.server_disk_percent,
                expected=f"at most {self.server_full_percent}, since server_full_percent is {self.server_full_percent}",
                fix="The first of the two mails would come after the second.",
            )


class MonitoringSettings(Section):
    """Alarms by e-mail and a dashboard."""

    recipients: Annotated[tuple[Email, ...], entries(1), different("address")]
    """The e-mail addresses that get the alarms. AWS sends each a mail to confirm; until then it gets none."""
    alarm_names: Mapping[AlarmKey, AlarmName] = Field(default_factory=dict)
    """Names for alarms, by the alarm's key, such as `database-cpu: DB CPU Prod`. The name is the subject of the alarm's
    mail. Without one, an alarm is called `<client>-<environment>-<key>`. A `*` in a key matches any text, which
    replaces `{}` in the name, capitalised: `vpn-*-down: DLM-{} VPN status`. Two stacks of a client in one region cannot
    have the same name."""
    thresholds: ThresholdSettings = Field(default_factory=ThresholdSettings)
    """The last good value of each metric."""
    mail_when_over: bool = False
    """Whether a second mail says that the fault is over."""

    def faults(self) -> Iterator[Fault]:
        for key, name in self.alarm_names.items():
            if key.count("*") != name.count("{}"):
                yield Fault(path=f"alarm_names.{key}", got=name, expected="one {} in the name for each * in the key")

    def name_of(self, key: str) -> str | None:
        """The name for an alarm, by its key; ``None`` when `alarm_names` has none."""
        for pattern, name in self.alarm_names.items():
            found = re.fullmatch("(.+)".join(map(re.escape, pattern.split("*"))), key)
            if found:
                for part in found.groups():
                    name = name.replace("{}", part.capitalize(), 1)
                return name
        return None
