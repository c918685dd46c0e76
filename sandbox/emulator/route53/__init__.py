"""Route 53: private zones, and change batches that are refused where AWS refuses them."""

from sandbox.emulator.route53 import change_batches, hosted_zones

__all__ = ["change_batches", "hosted_zones"]
