"""CloudWatch Logs: keys of log groups, and the delivery of other services' logs to where they are wanted."""

from sandbox.emulator.logs import log_deliveries, log_groups

__all__ = ["log_deliveries", "log_groups"]
