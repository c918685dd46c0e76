"""AWS Backup: plans that change, what they select, and what must be deleted first. No backup is ever taken."""

from sandbox.emulator.backup import plans, selections, vaults

__all__ = ["plans", "selections", "vaults"]
