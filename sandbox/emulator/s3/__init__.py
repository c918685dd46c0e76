"""S3: bucket policies with conditions, complete lifecycle rules, delete markers, and the defaults of a new bucket."""

from sandbox.emulator.s3 import access, ages, buckets, lifecycle, objects

__all__ = ["access", "ages", "buckets", "lifecycle", "objects"]
