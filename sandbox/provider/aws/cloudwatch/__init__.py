"""Adapters of pulumi-aws's ``cloudwatch`` module."""

from sandbox.provider.aws.cloudwatch import composite_alarm, dashboard, log_delivery, logs, metric_alarm

__all__ = ["composite_alarm", "dashboard", "log_delivery", "logs", "metric_alarm"]
