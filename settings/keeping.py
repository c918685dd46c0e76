"""What becomes of data when it is about to be deleted."""

from __future__ import annotations

from settings.section import Section


class KeepingSettings(Section):
    """How a stack keeps its data. It gathers keys of the stack."""

    protect: bool
    """Whether what holds data, and what it stands in, refuses to be deleted."""
    final_snapshots: bool = True
    """Whether a database or a data volume that is deleted leaves a last snapshot."""
