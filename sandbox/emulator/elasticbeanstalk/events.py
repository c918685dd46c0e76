"""Events of applications and environments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from moto.core.utils import utcnow

SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

# AWS keeps events for six weeks. This limits the memory that they take.
_KEPT = 10_000


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event: AWS's EventDescription."""

    event_date: datetime
    message: str
    severity: str
    application_name: str | None = None
    environment_name: str | None = None
    environment_id: str | None = None
    version_label: str | None = None
    request_id: str


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """The filter of DescribeEvents; None matches every value."""

    application_name: str | None = None
    environment_name: str | None = None
    environment_id: str | None = None
    version_label: str | None = None
    request_id: str | None = None
    severity: str | None = None  # this one and more severe ones
    start_time: datetime | None = None
    end_time: datetime | None = None

    def matches(self, event: Event) -> bool:
        equal = ("application_name", "environment_name", "environment_id", "version_label", "request_id")
        return (
            all(getattr(self, name) in (None, getattr(event, name)) for name in equal)
            and (self.severity is None or SEVERITIES.index(event.severity) >= SEVERITIES.index(self.severity))
            and (self.start_time is None or event.event_date >= self.start_time)
            and (self.end_time is None or event.event_date < self.end_time)
        )


class EventLog:
    """The events of one account and region."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def add(self, message: str, *, severity: str = "INFO", **about: str | None) -> None:
        """Add an event that happens now; ``about`` names application, environment or version."""
        event = Event(event_date=utcnow(), message=message, severity=severity, request_id=str(uuid4()), **about)
        self._events.append(event)
        del self._events[:-_KEPT]

    def newest_first(self, wanted: EventFilter) -> Iterator[Event]:
        return (event for event in reversed(self._events) if wanted.matches(event))
