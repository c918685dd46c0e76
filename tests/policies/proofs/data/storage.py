"""S3: see ``policies/rules/data/storage.py``."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.storage import (
    S3_BLOCK_PUBLIC_ACCESS,
    S3_ENCRYPTED,
    S3_LIFECYCLE,
    S3_NO_ACL,
    S3_NO_FORCE_DESTROY,
    S3_NO_STAR_PRINCIPAL,
    S3_TLS_ONLY,
    S3_VERSIONED,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed, removed, replaced

BUCKET = node(aws.s3.Bucket, "config", bucket="client-magento-config")
ARN = "arn:aws:s3:::client-magento-config"
BLOCKED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
BLOCK = node(aws.s3.BucketPublicAccessBlock, "block", bucket=BUCKET, **BLOCKED)
ENCRYPTION = node(aws.s3.BucketServerSideEncryptionConfiguration, "encryption", bucket=BUCKET)
VERSIONING = node(aws.s3.BucketVersioning, "versioning", bucket=BUCKET, versioningConfiguration={"status": "Enabled"})
LIFECYCLE = node(aws.s3.BucketLifecycleConfiguration, "lifecycle", bucket=BUCKET)
ABORTS = {"id": "uploads", "status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}
OWNERSHIP = node(
    aws.s3.BucketOwnershipControls, "ownership", bucket=BUCKET, rule={"objectOwnership": "BucketOwnerEnforced"}
)
DENIAL: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
DELIVERY: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "delivery.logs.amazonaws.com"},
    "Action": "s3:PutObject",
    "Resource": f"{ARN}/*",
}
PUBLIC: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}


def _policy(*statements: dict[str, Any]) -> Node:
    return node(
        aws.s3.BucketPolicy,
        "policy",
        bucket=BUCKET,
        policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
    )


def _denying(**changes: object) -> Nodes:
    return (BUCKET, _policy({**DENIAL, **changes}))


def _encrypted(algorithm: str) -> Node:
    return ENCRYPTION.but(rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}])


def _open(policy: Node) -> Node:
    document = json.loads(policy.properties["policy"])
    document["Statement"].append(PUBLIC)
    return policy.but(policy=json.dumps(document))


def _over_plain_http(policy: Node) -> Node:
    document = json.loads(policy.properties["policy"])
    document["Statement"][0]["Action"] = "s3:GetObject"
    return policy.but(policy=json.dumps(document))


PROOFS = (
    Proof(
        rule=S3_BLOCK_PUBLIC_ACCESS,
        passing={
            "four times": (BLOCK, BUCKET),
            "by name": (
                node(aws.s3.BucketPublicAccessBlock, "block", bucket="client-magento-config", **BLOCKED),
                BUCKET,
            ),
        },
        failing={
            "three times": (BUCKET, BLOCK.but(restrictPublicBuckets=False)),
            "another bucket's": (
                node(aws.s3.Bucket, "other", bucket="other"),
                node(aws.s3.BucketPublicAccessBlock, "block", bucket="other", **BLOCKED),
                BUCKET,
            ),
        },
        absent=(BUCKET,),
        unknown=(BUCKET, BLOCK.derived(blockPublicAcls=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=removed(aws.s3.BucketPublicAccessBlock, "shared-platform-buckets-client-magento-config-public-access"),
    ),
    Proof(
        rule=S3_TLS_ONLY,
        passing={
            "denied": (_policy(DENIAL), BUCKET),
            "denied among others": (_policy(DELIVERY, {**DENIAL, "Principal": {"AWS": "*"}}), BUCKET),
            "everywhere": (_policy({**DENIAL, "Resource": "*"}), BUCKET),
        },
        failing={
            "allowed": _denying(Effect="Allow"),
            "only reading": _denying(Action="s3:GetObject"),
            "one account": _denying(Principal={"AWS": "arn:aws:iam::1:root"}),
            "only objects": _denying(Resource=f"{ARN}/*"),
            "on a further condition": _denying(
                Condition={"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}
            ),
            "the other way round": _denying(Condition={"Bool": {"aws:SecureTransport": "true"}}),
            "no statement": (BUCKET, _policy()),
        },
        absent=(BUCKET,),
        unknown=(BUCKET, _policy().derived(policy=UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=replaced(aws.s3.BucketPolicy, "shared-platform-buckets-client-billing-policy", _over_plain_http),
    ),
    Proof(
        rule=S3_ENCRYPTED,
        passing={"with a key": (_encrypted("aws:kms"), BUCKET), "by S3": (_encrypted("AES256"), BUCKET)},
        failing={"somehow": (BUCKET, _encrypted("none")), "no rule": (BUCKET, ENCRYPTION)},
        absent=(BUCKET,),
        unknown=(BUCKET, _encrypted(UNKNOWN)),
        not_applicable=(VPC,),
        breakage=removed(
            aws.s3.BucketServerSideEncryptionConfiguration, "shared-platform-buckets-client-temp-storage-encryption"
        ),
    ),
    Proof(
        rule=S3_VERSIONED,
        passing={"versions": (VERSIONING, BUCKET)},
        failing={"no more": (BUCKET, VERSIONING.but(versioningConfiguration={"status": "Suspended"}))},
        absent=(BUCKET,),
        unknown=(BUCKET, VERSIONING.derived(versioningConfiguration=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=changed(
            aws.s3.BucketVersioning,
            "shared-platform-buckets-client-magento-config-versioning",
            versioningConfiguration={"status": "Suspended"},
        ),
    ),
    Proof(
        rule=S3_LIFECYCLE,
        passing={"aborts": (LIFECYCLE.but(rules=[{"id": "old", "status": "Enabled"}, ABORTS]), BUCKET)},
        failing={
            "off": (BUCKET, LIFECYCLE.but(rules=[{**ABORTS, "status": "Disabled"}])),
            "other things": (BUCKET, LIFECYCLE.but(rules=[{"id": "old", "status": "Enabled"}])),
        },
        absent=(BUCKET,),
        unknown=(BUCKET, LIFECYCLE.derived(rules=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=removed(aws.s3.BucketLifecycleConfiguration, "shared-platform-buckets-client-billing-lifecycle"),
    ),
    Proof(
        rule=S3_NO_ACL,
        passing={
            "enforced": (OWNERSHIP, BUCKET),
            "a private ACL": (OWNERSHIP, BUCKET, node(aws.s3.BucketAcl, "acl", bucket=BUCKET, acl="private")),
        },
        failing={
            "preferred": (BUCKET, OWNERSHIP.but(rule={"objectOwnership": "BucketOwnerPreferred"})),
            "a public ACL": (OWNERSHIP, BUCKET, node(aws.s3.BucketAcl, "acl", bucket=BUCKET, acl="public-read")),
            "a grant": (
                OWNERSHIP,
                BUCKET,
                node(aws.s3.BucketAcl, "acl", bucket=BUCKET, accessControlPolicy={"owner": {"id": "1"}}),
            ),
            "an ACL of the bucket's own": (OWNERSHIP, BUCKET.but(acl="authenticated-read")),
        },
        absent=(BUCKET,),
        unknown=(BUCKET, OWNERSHIP.derived(rule=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=changed(
            aws.s3.BucketOwnershipControls,
            "shared-platform-buckets-client-magento-config-ownership",
            rule={"objectOwnership": "ObjectWriter"},
        ),
    ),
    Proof(
        rule=S3_NO_STAR_PRINCIPAL,
        passing={
            "a service": (_policy(DENIAL, DELIVERY),),
            "on a condition": (
                _policy({**PUBLIC, "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}}),
            ),
        },
        failing={
            "everyone": (_policy(PUBLIC),),
            "every account": (_policy(DENIAL, {**PUBLIC, "Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}}),),
            "from any account": (_policy({**PUBLIC, "Condition": {"StringLike": {"aws:SourceAccount": "*"}}}),),
            "the bucket's own policy": (BUCKET.but(policy=json.dumps({"Statement": PUBLIC})),),
        },
        absent=(BUCKET,),
        absent_is=Status.PASSED,
        unknown=(_policy().but(policy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=replaced(aws.s3.BucketPolicy, "shared-platform-buckets-client-magento-config-policy", _open),
    ),
    Proof(
        rule=S3_NO_FORCE_DESTROY,
        passing={"kept": (BUCKET.but(forceDestroy=False),)},
        failing={"emptied": (BUCKET.but(forceDestroy=True),)},
        absent=(BUCKET,),
        absent_is=Status.PASSED,
        unknown=(BUCKET.but(forceDestroy=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.s3.Bucket, "shared-platform-buckets-client-magento-config-bucket", forceDestroy=True),
    ),
)
