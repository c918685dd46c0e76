"""RDS: what moto leaves out of a MySQL instance, the parameter groups' user values, and event subscriptions."""

from sandbox.emulator.rds import event_subscriptions, instances, parameter_groups, subnet_groups

__all__ = ["event_subscriptions", "instances", "parameter_groups", "subnet_groups"]
