"""S3: bucket policies with conditions, lifecycle rules as written, deletable versions, a new bucket's defaults."""

from sandbox.emulator.s3 import access, buckets, lifecycle, objects

__all__ = ["access", "buckets", "lifecycle", "objects"]
