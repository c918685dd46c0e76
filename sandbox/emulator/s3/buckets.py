"""Defaults of a new bucket since April 2023: encrypted, without ACLs, closed to the public."""

from __future__ import annotations

from typing import Any

from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend

from sandbox.emulator.patching import patch


@patch(
    "moto.s3.models:S3Backend.create_bucket",
    sha256="762cd6e04d8f21d15984851c291d4623d2bd16de7f5d2c5736f0a57c3163de7d",
    upstream="A new bucket has no default encryption, allows ACLs and does not block public access.",
)
def _create_bucket(original: Any, backend: S3Backend, *args: Any, **kwargs: Any) -> FakeBucket:
    bucket = original(backend, *args, **kwargs)
    bucket.encryption = _managed_encryption()
    bucket.ownership_rule = "BucketOwnerEnforced"
    bucket.public_access_block = PublicAccessBlock(*["true"] * 4)
    return bucket


@patch(
    "moto.s3.models:S3Backend.delete_bucket_encryption",
    sha256="26ecc20ae37e00fb4a4b44296036dd3b17953ba39a379f2d404b4f3aff646989",
    upstream="DeleteBucketEncryption leaves a bucket unencrypted instead of resetting it to SSE-S3.",
)
def _delete_bucket_encryption(_original: Any, backend: S3Backend, bucket_name: str) -> None:
    """Reset encryption to SSE-S3. It cannot be turned off."""
    backend.get_bucket(bucket_name).encryption = _managed_encryption()


def _managed_encryption() -> dict[str, Any]:
    """SSE-S3, in moto's form: the parsed XML of a request."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    return {"Rule": rule}
