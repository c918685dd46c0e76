"""AWS Backup: changed plans, selections, and the order of deletion. No backup is ever made."""

from sandbox.emulator.backup import plans, selections, tagging, vaults

__all__ = ["plans", "selections", "tagging", "vaults"]
