"""Stacks in one network: what their stack files ask for, held against each other before anything is made.

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


def _faults(settings: Settings, stack: str, files: Mapping[str, Settings | None]) -> Iterator[Fault]:
    network = settings.joined_stack or stack
    for name, other in files.items():
        if other is None or name in (stack, settings.joined_stack) or other.joined_stack != network:
            continue
        if other.environment == settings.environment:
            # Names, tags and the site's configuration would be those of the other stack.
            yield Fault(path="environment", got=other.environment, expected=f"another name than that of stack {name}")
        yield from _clashes(public_records(settings), public_records(other), name)
        yield from _clashes(internal_records(settings), internal_records(other), name)


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
