"""What the last step of a release has started in AWS, as its journal notes it, for whoever looks for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from release.beanstalk import Update
from release.journal import Event, Record


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Commands of Systems Manager and updates of Beanstalk that a step has begun, until it was done."""

    step: str = ""
    """Empty if no step is under way, and none has failed."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """What each command runs, by its id."""
    instances: Mapping[str, str] = field(default_factory=dict)
    """Where each command runs, by its id."""
    updates: Sequence[Update] = ()

    @classmethod
    def of(cls, records: Sequence[Record]) -> Traces:
        """Those of the last step, unless it is done."""
        last = next((record for record in reversed(records) if record.step), None)
        if last is None or last.event is Event.DONE:
            return cls()
        begun = max(each.number for each in records if each.event is Event.INTENDED and each.step == last.step)
        noted = [
            each.details
            for each in records
            if each.number > begun and each.event is Event.NOTED and each.step == last.step
        ]
        documents: dict[str, str] = {}
        instances: dict[str, str] = {}
        for details in noted:
            for instance, command in details.get("commands", {}).items():
                documents[command], instances[command] = str(details.get("document", "")), instance
        return cls(
            step=last.step,
            documents=documents,
            instances=instances,
            updates=tuple(Update(**each) for details in noted for each in details.get("updates", ())),
        )

    def since(self, environment: str) -> datetime | None:
        """The time from which Beanstalk's events of an environment belong to the step. None if it updates none."""
        times = [each.events_since for each in self.updates if each.environment == environment]
        return datetime.fromisoformat(times[-1]) if times else None

    @property
    def lines(self) -> list[str]:
        """Each in a line, with what to type to see it."""
        commands = [
            f"Step {self.step} ran {document} on {self.instances[command]}. What it printed: aws ssm "
            f"get-command-invocation --command-id {command} --instance-id {self.instances[command]}"
            for command, document in self.documents.items()
        ]
        updates = [
            f"Step {self.step} updates {each.environment}. What came of it: aws elasticbeanstalk describe-events "
            f"--environment-name {each.environment} --start-time {each.events_since}"
            + (f" (request {each.request_id})" if each.request_id else "")
            for each in self.updates
        ]
        return commands + updates
