"""AWS Backup: changed plans, selections, copies on demand, and the order of deletion. A plan makes no copies."""

from sandbox.emulator.backup import plans, recovery_points, selections, tagging, vaults

__all__ = ["plans", "recovery_points", "selections", "tagging", "vaults"]
