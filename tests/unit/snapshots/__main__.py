"""Writes the snapshots of both stacks: ``python -m tests.unit.snapshots``, or ``make snapshots``."""

from __future__ import annotations

from tests.unit.program import ROOT, program
from tests.unit.snapshots import DIRECTORY, STACKS, recorded, write
from tests.unit.snapshots.blocks import documents

for stack in STACKS:
    before, after = recorded(stack), documents(program(stack))
    write(stack, after)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    print(f"{(DIRECTORY / stack).relative_to(ROOT)}: {', '.join(changed) or 'nothing'} changed")
