"""S3: bucket policies with conditions, complete lifecycle rules, delete markers, and the defaults of a new bucket."""

from sandbox.emulator.s3 import access, buckets, lifecycle, objects

__all__ = ["access", "buckets", "lifecycle", "objects"]
