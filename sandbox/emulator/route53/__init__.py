"""Route 53: private zones, and change batches that are refused where AWS refuses them."""

from sandbox.emulator.route53 import hosted_zones, records

__all__ = ["hosted_zones", "records"]
