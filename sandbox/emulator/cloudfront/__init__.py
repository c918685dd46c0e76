"""CloudFront: distributions with their whole configuration, and AWS's managed policies.

Missing: custom policies and origin access identities.
"""

from sandbox.emulator.cloudfront import distribution_config, distributions, invalidations, managed_policies

__all__ = ["distribution_config", "distributions", "invalidations", "managed_policies"]
