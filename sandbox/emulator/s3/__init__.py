"""S3: bucket policies with conditions, lifecycle rules as written, deletable versions, a new bucket's defaults."""

from sandbox.emulator.s3 import access, defaults, lifecycle, versions

__all__ = ["access", "defaults", "lifecycle", "versions"]
