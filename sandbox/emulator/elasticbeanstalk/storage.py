"""The bucket of Beanstalk in a region."""

from __future__ import annotations

from botocore.exceptions import ClientError

from sandbox.emulator.in_process import client


def storage_location(region: str, account_id: str) -> str:
    """Create the bucket unless it exists ("Using Elastic Beanstalk with Amazon S3"). Returns its name."""
    bucket = f"elasticbeanstalk-{region}-{account_id}"
    s3 = client("s3", region, account_id)
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        if region == "us-east-1":
            s3.create_bucket(Bucket=bucket)
        else:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    return bucket
