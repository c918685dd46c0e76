"""What is configured on a bucket: access, encryption, versioning, ownership, policy. Each goes by its bucket's name, is
written whole, and there is one a bucket."""

from __future__ import annotations

from sandbox.provider.adapter import Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Nested, Shape

BUCKET = Property(required=True, replaces=True)

BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}
ENCRYPTION_RULE = Shape(
    {
        "applyServerSideEncryptionByDefault": Nested(
            "ApplyServerSideEncryptionByDefault",
            Shape({"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}),
        ),
        "bucketKeyEnabled": Leaf("BucketKeyEnabled", default=False),
    }
)
VERSIONING = Shape({"status": "Status", "mfaDelete": Leaf("MFADelete", default="Disabled")})
OWNERSHIP_RULE = Shape({"objectOwnership": "ObjectOwnership"})


class BucketConfiguration(Adapter):
    """One configuration of a bucket: made and changed by writing it whole."""

    service = "s3"

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        """Write it."""
        raise NotImplementedError

    def create(self, aws: Aws, inputs: Values) -> str:
        self.put(aws, inputs["bucket"], inputs)
        return str(inputs["bucket"])

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self.put(aws, id, new)


@adapter
class BucketPublicAccessBlock(BucketConfiguration):
    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    not_found = ("NoSuchBucket", "NoSuchPublicAccessBlockConfiguration")
    properties = {
        "bucket": BUCKET,
        **{name: Property(default=False) for name in BLOCKS},
    }
    emulation = "Stored; the sandbox has no public to keep out."

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        aws.client("s3").put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={field: inputs[name] for name, field in BLOCKS.items()},
        )

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        block = aws.client("s3").get_public_access_block(Bucket=id)["PublicAccessBlockConfiguration"]
        return {"bucket": id, **{name: block.get(field, False) for name, field in BLOCKS.items()}}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("s3").delete_public_access_block(Bucket=id)


@adapter
class BucketServerSideEncryptionConfiguration(BucketConfiguration):
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    not_found = ("NoSuchBucket", "ServerSideEncryptionConfigurationNotFoundError")
    properties = {"bucket": BUCKET, "rules": Property(required=True, unordered=True)}
    emulation = "Stored, and answered for each object; the sandbox does not encrypt objects."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(ENCRYPTION_RULE.unknown_keys(inputs.get("rules"), "rules"))

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        aws.client("s3").put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [ENCRYPTION_RULE.to_aws(rule) for rule in inputs["rules"]]},
        )

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        configuration = aws.client("s3").get_bucket_encryption(Bucket=id)["ServerSideEncryptionConfiguration"]
        return {"bucket": id, "rules": ENCRYPTION_RULE.many_from_aws(configuration["Rules"], state.get("rules"))}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        # AWS then falls back to keys of its own, which is no configuration of the program's.
        aws.client("s3").delete_bucket_encryption(Bucket=id)


@adapter
class BucketVersioning(BucketConfiguration):
    """Once on, versioning can only be suspended: deletion does that."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    not_found = ("NoSuchBucket",)
    properties = {"bucket": BUCKET, "versioningConfiguration": Property(required=True)}

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(VERSIONING.unknown_keys(inputs.get("versioningConfiguration"), "versioningConfiguration"))

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        # "Disabled" is the official provider's word for a bucket whose versioning was never on: nothing to tell AWS.
        if inputs["versioningConfiguration"]["status"] != "Disabled":
            aws.client("s3").put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration=VERSIONING.to_aws(inputs["versioningConfiguration"])
            )

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        configuration = aws.client("s3").get_bucket_versioning(Bucket=id)
        live = {"Status": "Disabled", **configuration}
        return {
            "bucket": id,
            "versioningConfiguration": VERSIONING.from_aws(live, state.get("versioningConfiguration")),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        s3 = aws.client("s3")
        if s3.get_bucket_versioning(Bucket=id).get("Status") == "Enabled":
            s3.put_bucket_versioning(Bucket=id, VersioningConfiguration={"Status": "Suspended"})


@adapter
class BucketOwnershipControls(BucketConfiguration):
    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    not_found = ("NoSuchBucket", "OwnershipControlsNotFoundError")
    properties = {"bucket": BUCKET, "rule": Property(required=True)}
    emulation = "Stored; access control lists are not enforced."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(OWNERSHIP_RULE.unknown_keys(inputs.get("rule"), "rule"))

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        aws.client("s3").put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [OWNERSHIP_RULE.to_aws(inputs["rule"])]}
        )

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        controls = aws.client("s3").get_bucket_ownership_controls(Bucket=id)["OwnershipControls"]
        return {"bucket": id, "rule": OWNERSHIP_RULE.from_aws(controls["Rules"][0])}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("s3").delete_bucket_ownership_controls(Bucket=id)


@adapter
class BucketPolicy(BucketConfiguration):
    token = "aws:s3/bucketPolicy:BucketPolicy"
    not_found = ("NoSuchBucket", "NoSuchBucketPolicy")
    properties = {"bucket": BUCKET, "policy": Property(required=True, json=True)}
    emulation = "Stored; statements with a condition are not enforced."

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=inputs["policy"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        return {"bucket": id, "policy": aws.client("s3").get_bucket_policy(Bucket=id)["Policy"]}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("s3").delete_bucket_policy(Bucket=id)
