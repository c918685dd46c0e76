"""S3: buckets, what is configured on them, and objects. Importing it makes its adapters known."""

from sandbox.provider.aws.s3 import buckets, configurations, lifecycle, objects

__all__ = ["buckets", "configurations", "lifecycle", "objects"]
