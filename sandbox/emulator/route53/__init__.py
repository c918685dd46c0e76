"""Route 53: private zones, and changes of records that AWS would refuse."""

from sandbox.emulator.route53 import hosted_zones, records

__all__ = ["hosted_zones", "records"]
