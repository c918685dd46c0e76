"""New buckets: their names, and S3's defaults since April 2023: encrypted, without ACLs, closed to the public."""

from __future__ import annotations

import re
from typing import Any

from moto.s3.exceptions import InvalidBucketName
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend

from sandbox.emulator.patching import patch

# "General purpose bucket naming rules".
_NAME = re.compile(r"[a-z0-9](\.?[a-z0-9-])*\.?[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@patch(
    "moto.s3.models:S3Backend.create_bucket",
    sha256="762cd6e04d8f21d15984851c291d4623d2bd16de7f5d2c5736f0a57c3163de7d",
    upstream="A new bucket may have any name, has no default encryption, allows ACLs and does not block public access.",
)
def _create_bucket(original: Any, backend: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeBucket:
    if (
        not _NAME.fullmatch(bucket_name)
        or _ADDRESS.fullmatch(bucket_name)
        or bucket_name.startswith(_RESERVED_PREFIXES)
        or bucket_name.endswith(_RESERVED_SUFFIXES)
    ):
        raise InvalidBucketName
    bucket = original(backend, bucket_name, *args, **kwargs)
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
