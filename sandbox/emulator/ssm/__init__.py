"""Systems Manager: Run Command on the hosts of a fleet, with documents of AWS's and of the account's own."""

from sandbox.emulator.ssm import commands, documents, instances

__all__ = ["commands", "documents", "instances"]
