"""Stacks in one network or account: what their stack files ask for, held against each other before anything is made.

A stack that joins a network is held against the outputs of the network's owner (``joined_platform.py``). The owner does
not know who joins it, and two that join it do not know each other. Their stack files are in one directory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pulumi

from settings import stack_files
from settings.host_names import NamedRecord, internal_records, public_records
from settings.messages import Fault
from settings.stack_file import Settings, SettingsError, report


def check(settings: Settings, directory: Path | None = None) -> None:
    """Hold a stack against the others in its network. Raises ``SettingsError`` with every fault.

    ``directory`` has the stack files; by default it is the project's.
    """
    files = stack_files.read(directory or Path(pulumi.get_root_directory()))
    if faults := tuple(_faults(settings, pulumi.get_stack(), files)):
        raise SettingsError(report(faults))


def refreshed_by_rundeck(settings: Settings, directory: Path | None = None) -> tuple[str, ...]:
    """The environments whose databases Rundeck's job may refresh from this stack's: their stack files say so.

    Rundeck is in the stack that owns the network, and those that join it have none.
    """
    stack = pulumi.get_stack()
    files = stack_files.read(directory or Path(pulumi.get_root_directory()))
    return tuple(
        other.environment
        for other in files.values()
        if other is not None
        and other.client == settings.client
        and other.releases is not None
        and other.releases.refreshes_from == stack
    )


def _faults(settings: Settings, stack: str, files: Mapping[str, Settings | None]) -> Iterator[Fault]:
    network = settings.joined_stack or stack
    for name, other in files.items():
        # One of another client is refused in its own runs, and so is one with the environment of the network's owner.
        if other is None or name == stack or other.client != settings.client:
            continue
        yield from _alarm_names(settings, other, name)
        if name == settings.joined_stack or other.joined_stack != network:
            continue
        if settings.joined_stack and other.environment == settings.environment:
            # Names, tags and the site's configuration would be those of the other stack.
            yield Fault(path="environment", got=other.environment, expected=f"another name than that of stack {name}")
        yield from _clashes(public_records(settings), public_records(other), name)
        yield from _clashes(internal_records(settings), internal_records(other), name)


def _alarm_names(settings: Settings, other: Settings, stack: str) -> Iterator[Fault]:
    """CloudWatch takes an alarm of a name that is there as a change of it, and removes it for both stacks."""
    # One with the same environment too is a copy of the file, or is refused for that.
    if not settings.monitoring or not other.monitoring or other.environment == settings.environment:
        return
    theirs = (
        {name: key for key, name in other.monitoring.alarm_names.items()} if other.region == settings.region else {}
    )
    for key, name in settings.monitoring.alarm_names.items():
        if name in theirs:
            fix = f"It is monitoring.alarm_names.{theirs[name]} in Pulumi.{stack}.yaml, and CloudWatch has a name once."
            expected = f"a name that stack {stack} does not have"
            yield Fault(path=f"monitoring.alarm_names.{key}", got=name, expected=expected, fix=fix)


def _clashes(ours: Iterator[NamedRecord], theirs: Iterator[NamedRecord], stack: str) -> Iterator[Fault]:
    taken = tuple(theirs)
    for record in ours:
        for other in taken:
            if record.excludes(other):
                fix = f"It is {other.path} in Pulumi.{stack}.yaml, and both stacks are in one network."
                yield Fault(
                    path=record.path, got=record.name, expected=f"a name that stack {stack} does not have", fix=fix
                )
                break
