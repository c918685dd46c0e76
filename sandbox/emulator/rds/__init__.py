"""RDS: complete MySQL instances, parameter groups, subnet groups and event subscriptions."""

from sandbox.emulator.rds import certificates, engines, event_subscriptions, instances, parameter_groups, subnet_groups

__all__ = ["certificates", "engines", "event_subscriptions", "instances", "parameter_groups", "subnet_groups"]
