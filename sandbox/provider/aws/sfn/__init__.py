"""Adapters of pulumi-aws's ``sfn`` module: Step Functions."""

from sandbox.provider.aws.sfn import state_machines

__all__ = ["state_machines"]
