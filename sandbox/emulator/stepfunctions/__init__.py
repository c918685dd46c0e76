"""Step Functions: what AWS checks when a state machine is made or changed. None of them runs here."""

from sandbox.emulator.stepfunctions import state_machines

__all__ = ["state_machines"]
