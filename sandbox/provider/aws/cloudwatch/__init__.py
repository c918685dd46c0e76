"""Adapters of pulumi-aws's ``cloudwatch`` module."""

from sandbox.provider.aws.cloudwatch import composite_alarms, dashboards, log_deliveries, log_groups, metric_alarms

__all__ = ["composite_alarms", "dashboards", "log_deliveries", "log_groups", "metric_alarms"]
