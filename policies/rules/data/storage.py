"""S3: a bucket is private and encrypted, and its owner owns every object.

A bucket's configuration is in separate resources, so most of these rules look at the whole stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policies.aws.policy_documents import conditions, is_for_everyone, statements, texts
from policies.aws.policy_statements import not_public
from policies.generated.aws_types import s3
from policies.model.expectations import accepted, is_, is_not, is_set, one_of, within
from policies.model.properties import Absent, Known, Properties, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_ENCRYPTION = "applyServerSideEncryptionByDefault"
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_PRIVATE_ACLS = ("private", "bucket-owner-full-control", "bucket-owner-read")


def _parts(stack: Stack, kind: str, bucket: Resource) -> Iterator[Resource]:
    """The resources of a type that configure a bucket, joined by their origin, or else by the bucket's name."""
    yield from stack.from_origin(kind, "bucket", bucket)
    name = bucket.properties.read("bucket")
    if isinstance(name, Known):
        for each in stack.of_type(kind):
            if not each.origin("bucket", s3.Bucket) and each.properties.read("bucket") == name:
                yield each


def _check_block(bucket: Resource, stack: Stack, _: Config) -> Findings:
    blocks = list(_parts(stack, s3.BucketPublicAccessBlock, bucket))
    if not blocks:
        yield Violation(resource=bucket, got="no s3.BucketPublicAccessBlock", expected="one")
    for block in blocks:
        for name in _BLOCKS:
            yield from is_(block, name, True)


def _check_tls(bucket: Resource, stack: Stack, _: Config) -> Findings:
    policies = list(_parts(stack, s3.BucketPolicy, bucket))
    if not policies:
        yield Violation(resource=bucket, got="no s3.BucketPolicy", expected="one that denies requests without TLS")
    for policy in policies:
        document = policy.properties.read_json("policy")
        match document:
            case Unknown():
                yield Undecided(resource=policy, path="policy")
            case _ if not any(_denies_plain_http(each) for each in statements(document)):
                yield Violation(
                    resource=policy,
                    got="no statement that denies all requests without TLS, on the bucket and its objects",
                    expected="one",
                )


def _denies_plain_http(statement: Properties) -> bool:
    resources = texts(statement.read("Resource"))
    return (
        statement.read("Effect") == Known("Deny")
        and is_for_everyone(statement)
        and bool(texts(statement.read("Action")) & {"*", "s3:*"})
        and ("*" in resources or {each.endswith("/*") for each in resources} == {True, False})
        and [(operator.removesuffix("IfExists"), key, *values) for operator, key, values in conditions(statement)]
        == [("Bool", "aws:securetransport", "false")]
    )


def _check_encryption(bucket: Resource, stack: Stack, _: Config) -> Findings:
    encryptions = list(_parts(stack, s3.BucketServerSideEncryptionConfiguration, bucket))
    if not encryptions:
        yield Violation(resource=bucket, got="no s3.BucketServerSideEncryptionConfiguration", expected="one")
    for encryption in encryptions:
        yield from is_set(encryption, "rules")
        for index, rule in enumerate(encryption.properties.each("rules")):
            path = f"rules[{index}].{_ENCRYPTION}.sseAlgorithm"
            yield from one_of(encryption, path, within(rule, _ENCRYPTION, "sseAlgorithm"), _ALGORITHMS)


def _check_versions(bucket: Resource, stack: Stack, _: Config) -> Findings:
    versionings = list(_parts(stack, s3.BucketVersioning, bucket))
    if not versionings:
        yield Violation(resource=bucket, got="no s3.BucketVersioning", expected="one")
    for versioning in versionings:
        yield from is_(versioning, "versioningConfiguration.status", "Enabled")


def _check_lifecycle(bucket: Resource, stack: Stack, _: Config) -> Findings:
    lifecycles = list(_parts(stack, s3.BucketLifecycleConfiguration, bucket))
    if not lifecycles:
        yield Violation(resource=bucket, got="no s3.BucketLifecycleConfiguration", expected="one")
    for lifecycle in lifecycles:
        rules = list(lifecycle.properties.each("rules"))
        if any(isinstance(rule, Unknown) for rule in rules):
            yield Undecided(resource=lifecycle, path="rules")
        elif not any(
            within(rule, "status") == Known("Enabled")
            and isinstance(within(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation"), Known)
            for rule in rules
        ):
            yield Violation(
                resource=lifecycle,
                got="no enabled rule with abort_incomplete_multipart_upload",
                expected="one",
            )


def _check_ownership(resource: Resource, stack: Stack, _: Config) -> Findings:
    # On a bucket the property is deprecated, but still takes effect.
    yield from accepted(
        resource,
        "acl",
        resource.properties.read("acl"),
        lambda acl: acl in _PRIVATE_ACLS,
        " or ".join(_PRIVATE_ACLS),
        absent_is_accepted=True,
    )
    if resource.is_a(s3.BucketAcl):
        if not isinstance(resource.properties.read("accessControlPolicy"), Absent):
            yield Violation(
                resource=resource, got="an access_control_policy", expected="none", part="access_control_policy"
            )
        return
    controls = list(_parts(stack, s3.BucketOwnershipControls, resource))
    if not controls:
        yield Violation(resource=resource, got="no s3.BucketOwnershipControls", expected="one")
    for control in controls:
        yield from is_(control, "rule.objectOwnership", "BucketOwnerEnforced")


def _check_force_destroy(bucket: Resource, _: Config) -> Findings:
    yield from is_not(bucket, "forceDestroy", True)


S3_BLOCK_PUBLIC_ACCESS = StackRule(
    id="s3-block-public-access",
    severity=Severity.HIGH,
    why="Without the block, one wrong policy or ACL makes the bucket public.",
    fix="add an s3.BucketPublicAccessBlock with block_public_acls, block_public_policy, ignore_public_acls and "
    "restrict_public_buckets all True.",
    sources=Sources(fsbp=("S3.8",), cis=("3.1.4",), pci=("1.3.1", "1.4.2")),
    applies_to=(s3.Bucket,),
    check=_check_block,
)

S3_TLS_ONLY = StackRule(
    id="s3-tls-only",
    severity=Severity.MEDIUM,
    why="Over plain HTTP anyone on the network can read the objects and the signature of the request.",
    fix='add an s3.BucketPolicy that denies Principal "*" the Action s3:* on the bucket and on its objects if '
    "aws:SecureTransport is false, without another condition.",
    sources=Sources(fsbp=("S3.5",), cis=("3.1.1",), pci=("4.2.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(s3.Bucket,),
    check=_check_tls,
)

S3_ENCRYPTED = StackRule(
    id="s3-encrypted",
    severity=Severity.HIGH,
    why="The program should state which key encrypts a bucket, rather than rely on AWS's default.",
    fix="add an s3.BucketServerSideEncryptionConfiguration with sse_algorithm aws:kms and the stack's key, or AES256 "
    "if an AWS service writes to the bucket.",
    sources=Sources(fsbp=("S3.17",), pci=("3.5.1",)),
    applies_to=(s3.Bucket,),
    check=_check_encryption,
)

S3_VERSIONED = StackRule(
    id="s3-versioned",
    severity=Severity.MEDIUM,
    why="Without versions, an object that is overwritten or deleted by mistake cannot be restored.",
    fix='add an s3.BucketVersioning with status="Enabled".',
    sources=Sources(fsbp=("S3.14",), pci=("10.3.4",)),
    production_only=True,
    applies_to=(s3.Bucket,),
    check=_check_versions,
)

S3_LIFECYCLE = StackRule(
    id="s3-lifecycle",
    severity=Severity.LOW,
    why="Incomplete uploads are not listed, and cost money until a rule removes them.",
    fix="add an s3.BucketLifecycleConfiguration with an enabled rule that has abort_incomplete_multipart_upload.",
    sources=Sources(fsbp=("S3.13",)),
    applies_to=(s3.Bucket,),
    check=_check_lifecycle,
)

S3_NO_ACL = StackRule(
    id="s3-no-acl",
    severity=Severity.HIGH,
    why="An ACL can make one object public or give it to its uploader, whatever the bucket's policy says.",
    fix='add an s3.BucketOwnershipControls with object_ownership="BucketOwnerEnforced", and leave ACLs out.',
    sources=Sources(fsbp=("S3.12",), pci=("1.3.1", "7.2.1")),
    applies_to=(s3.Bucket, s3.BucketAcl),
    check=_check_ownership,
)

S3_NO_STAR_PRINCIPAL = ResourceRule(
    id="s3-no-star-principal",
    severity=Severity.CRITICAL,
    why="A bucket policy for everyone publishes the objects, such as secrets or customers' orders.",
    fix="name the principals; for a service, add a condition on aws:SourceArn or aws:SourceAccount.",
    sources=Sources(fsbp=("S3.6",), cis=("2.21",), pci=("7.2.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(s3.BucketPolicy, s3.Bucket),
    check=not_public,
)

S3_NO_FORCE_DESTROY = ResourceRule(
    id="s3-no-force-destroy",
    severity=Severity.HIGH,
    why="With force_destroy, deleting the bucket also deletes every version of every object.",
    fix="leave force_destroy out.",
    sources=Sources(pci=("10.3.4",), other='"Deleting a general purpose bucket"'),
    production_only=True,
    applies_to=(s3.Bucket,),
    check=_check_force_destroy,
)

RULES = (
    S3_BLOCK_PUBLIC_ACCESS,
    S3_TLS_ONLY,
    S3_ENCRYPTED,
    S3_VERSIONED,
    S3_LIFECYCLE,
    S3_NO_ACL,
    S3_NO_STAR_PRINCIPAL,
    S3_NO_FORCE_DESTROY,
)
