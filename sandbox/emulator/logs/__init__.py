"""CloudWatch Logs: the KMS keys of log groups, and deliveries of CloudFront's access logs."""

from sandbox.emulator.logs import log_deliveries, log_groups

__all__ = ["log_deliveries", "log_groups"]
