"""Systems Manager: Run Command and sessions on the hosts of a fleet, with documents of AWS and of the account."""

from sandbox.emulator.ssm import associations, commands, documents, instances, sessions

__all__ = ["associations", "commands", "documents", "instances", "sessions"]
