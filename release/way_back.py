"""How a site's database comes back as it was before a release: as commands to type, with what is lost by each way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from release import snapshots
from release.journal import Event, Record
from release.steps import Action

_CHANGES_DATABASE = (Action.MIGRATE, Action.DEPLOY_SATELLITE)
"""The first step of a release that changes the database."""

_TIME = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """The ways back behind a release."""

    release: str
    """The one that is left."""
    database: str
    options: str
    """Of `./shop release`, such as `-s prod`."""
    stack: str
    setting: str
    """The key of the stack file that names a snapshot: `site.database.snapshot_id`."""
    accepted: Sequence[str]
    """What a rollback has to repeat."""

    def described(self, instance: Mapping[str, Any], records: Sequence[Record], *, now: datetime) -> str:
        """Both ways, from what RDS says of the database and from the journal of the release that is left."""
        return "\n".join((*self._by_snapshot(records, now), *self._by_point_in_time(instance, records, now)))

    def _by_snapshot(self, records: Sequence[Record], now: datetime) -> Iterator[str]:
        made = next((each.details["snapshot"] for each in records if each.details.get("snapshot")), None)
        if made is None:
            yield f"{self.release} made no snapshot: its plan did not change the database."
            return
        lost = _minutes(now - _intended(records, (Action.MAKE_SNAPSHOT,), otherwise=now))
        yield f"By snapshot, with the loss of {lost}, orders above all:"
        yield from self._commands(self._from_snapshot(str(made), now))

    def _by_point_in_time(self, instance: Mapping[str, Any], records: Sequence[Record], now: datetime) -> Iterator[str]:
        moment = _intended(records, _CHANGES_DATABASE, otherwise=now)
        if moment == now:
            return
        reached = instance.get("LatestRestorableTime")
        days = timedelta(days=instance.get("BackupRetentionPeriod", 0))
        if reached is None or not days:
            yield "By point in time: not possible, the database keeps no automated backups."
        elif moment < max(now - days, instance["InstanceCreateTime"]):
            yield f"By point in time: not possible, it does not reach back to {moment:%Y-%m-%d %H:%M:%S} UTC."
        elif moment > reached:
            yield f"By point in time: not yet, it reaches to {reached.astimezone(UTC):%H:%M:%S} UTC. Ask again."
        else:
            yield f"By point in time, with the loss of {_minutes(now - moment)}, orders above all:"
            yield from self._commands(self._from_point_in_time(instance, moment, now))

    def _from_snapshot(self, snapshot: str, now: datetime) -> Iterator[Sequence[str]]:
        """As docs/operations.md has it, with the shop held: until the older release runs, nothing fits together."""
        database = ("--db-instance-identifier", self.database)
        # With the time: the same way may be gone twice, and a snapshot's name is taken once.
        kept = snapshots.name_of(self.database, f"back-from-{self.release}-{now:{_TIME}}")
        yield ("./shop", "release", "hold", "on", "-s", self.stack, "--reason", f"Back from {self.release}")
        yield ("aws", "rds", "modify-db-instance", *database, "--no-deletion-protection", "--apply-immediately")
        final = ("--final-db-snapshot-identifier", kept, "--no-delete-automated-backups")
        yield ("aws", "rds", "delete-db-instance", *database, *final)
        yield ("aws", "rds", "wait", "db-instance-deleted", *database)
        # `pulumi config set` would write the whole file anew, without its blank lines.
        yield ("#", "Now", "write", f"{self.setting}: {snapshot}", "into", f"Pulumi.{self.stack}.yaml")
        yield ("pulumi", "refresh", "-s", self.stack)
        yield ("pulumi", "up", "-s", self.stack)
        accepted = [word for each in self.accepted for word in ("--accept", each)]
        yield ("./shop", "release", "rollback", *self.options.split(), *accepted)
        yield ("./shop", "release", "hold", "off", "-s", self.stack, "--reason", f"Back from {self.release}")

    def _from_point_in_time(
        self, instance: Mapping[str, Any], moment: datetime, now: datetime
    ) -> Iterator[Sequence[str]]:
        """Beside the database first: it is deleted only when the copy has a snapshot."""
        copy = f"{self.database[:58].rstrip('-')}-back"
        named = ("--db-instance-identifier", copy)
        snapshot = snapshots.name_of(self.database, f"{self.release}-point-{now:{_TIME}}")
        yield (
            *("aws", "rds", "restore-db-instance-to-point-in-time"),
            *("--source-db-instance-identifier", self.database, "--target-db-instance-identifier", copy),
            *("--restore-time", f"{moment:%Y-%m-%dT%H:%M:%SZ}", "--no-publicly-accessible", "--no-deletion-protection"),
            *_place(instance),
        )
        yield ("aws", "rds", "wait", "db-instance-available", *named)
        yield ("aws", "rds", "create-db-snapshot", *named, "--db-snapshot-identifier", snapshot)
        yield ("aws", "rds", "wait", "db-snapshot-available", "--db-snapshot-identifier", snapshot)
        yield ("aws", "rds", "delete-db-instance", *named, "--skip-final-snapshot")
        yield from self._from_snapshot(snapshot, now)

    @staticmethod
    def _commands(words: Iterator[Sequence[str]]) -> Iterator[str]:
        return (f"  {' '.join(each) if each[0] == '#' else shlex.join(each)}" for each in words)


def reach(instance: Mapping[str, Any], *, now: datetime) -> str:
    """One sentence: how near to now RDS could restore a database."""
    reached = instance.get("LatestRestorableTime")
    if reached is None or not instance.get("BackupRetentionPeriod"):
        return "RDS cannot restore the database to a point in time: it keeps no automated backups."
    return f"RDS can restore the database to a point in time up to {_minutes(now - reached)} ago."


def _intended(records: Sequence[Record], actions: Sequence[Action], *, otherwise: datetime) -> datetime:
    """When the first of these steps began. The second before: what it writes is not wanted."""
    for record in records:
        if record.event is Event.INTENDED and record.step in actions:
            return datetime.fromisoformat(record.at).astimezone(UTC).replace(microsecond=0)
    return otherwise


def _place(instance: Mapping[str, Any]) -> Iterator[str]:
    """The network and the parameters of the database, or RDS takes its default ones."""
    if subnets := instance.get("DBSubnetGroup"):
        yield from ("--db-subnet-group-name", subnets["DBSubnetGroupName"])
    yield from ("--vpc-security-group-ids", *(each["VpcSecurityGroupId"] for each in instance["VpcSecurityGroups"]))
    yield from ("--db-parameter-group-name", instance["DBParameterGroups"][0]["DBParameterGroupName"])


def _minutes(span: timedelta) -> str:
    """Rounded up: a loss is not made smaller."""
    minutes = max(0, ceil(span.total_seconds() / 60))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
