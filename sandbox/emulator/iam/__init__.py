"""IAM: AWS's own managed policies, service-linked roles and the tags of instance profiles."""

from sandbox.emulator.iam import instance_profiles, policies, roles

__all__ = ["instance_profiles", "policies", "roles"]
