"""Systems Manager: Run Command on the hosts of a fleet, with documents of AWS's and of the account's own."""

from sandbox.emulator.ssm import associations, commands, documents, instances

__all__ = ["associations", "commands", "documents", "instances"]
