"""S3: bucket policies with their conditions, lifecycle rules as written, and a new bucket's defaults."""

from sandbox.aws.s3 import access, defaults, lifecycle

__all__ = ["access", "defaults", "lifecycle"]
