"""RDS: what moto leaves out of a MySQL instance, and the parameter groups' user values."""

from sandbox.aws.rds import instances, lifecycle, parameter_groups

__all__ = ["instances", "lifecycle", "parameter_groups"]
