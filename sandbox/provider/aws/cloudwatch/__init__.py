"""Adapters of pulumi-aws's ``cloudwatch`` module."""

from sandbox.provider.aws.cloudwatch import composite_alarm, dashboard, logs, metric_alarm

__all__ = ["composite_alarm", "dashboard", "logs", "metric_alarm"]
