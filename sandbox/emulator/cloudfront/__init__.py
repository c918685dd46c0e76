"""CloudFront: distributions whose whole configuration is kept and checked, and the policies that AWS manages.

Not here: policies of one's own, origin access identities, and the order in which edges learn of a change.
"""

from sandbox.emulator.cloudfront import distribution_config, distributions, invalidations, managed_policies

__all__ = ["distribution_config", "distributions", "invalidations", "managed_policies"]
