"""Source bundles in S3: their size, and whether they are ZIP files."""

from __future__ import annotations

import io
import zipfile

from botocore.exceptions import ClientError

from sandbox.emulator.elasticbeanstalk.exceptions import InvalidParameterValueError
from sandbox.emulator.in_process import client

MOST_BYTES = 512 * 1024 * 1024
"""Source: Elastic Beanstalk guide, "Create an Elastic Beanstalk application source bundle"."""
_END_OF_ZIP = 66_000
"""Bytes at the end of a ZIP file that hold the end of its directory, whatever its comment."""


def is_zip(bundle: dict[str, str], region: str, account: str) -> bool:
    """Whether a source bundle is a ZIP file. Raises ``InvalidParameterValueError`` if it is missing or too large."""
    s3 = client("s3", region, account)
    stored = {"Bucket": bundle["S3Bucket"], "Key": bundle["S3Key"]}
    try:
        size = int(s3.head_object(**stored)["ContentLength"])
    except ClientError as error:
        raise InvalidParameterValueError(
            f"Unable to download from S3 location (Bucket: {stored['Bucket']}  Key: {stored['Key']}). "
            f"Reason: {error.response['Error']['Message']}"
        ) from None
    check_size(size)
    if not size:
        return False
    end = s3.get_object(**stored, Range=f"bytes={max(0, size - _END_OF_ZIP)}-{size - 1}")["Body"].read()
    return zipfile.is_zipfile(io.BytesIO(end))


def check_size(size: int) -> None:
    """Refuse a bundle of more than 512 MB."""
    if size > MOST_BYTES:
        raise InvalidParameterValueError("Application version cannot be any larger than 512MB")
