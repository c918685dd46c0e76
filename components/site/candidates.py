"""What the back office's instance may do for a release that is not deployed yet."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.shared.iam import allow, document


def grant_candidates(
    name: str,
    role: aws.iam.Role,
    *,
    bucket: pulumi.Input[str],
    prefix: str,
    key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
) -> aws.iam.RolePolicy:
    """Let ``role`` fetch bundles below ``prefix`` of the bucket for releases, and write what they answer."""
    return aws.iam.RolePolicy(
        f"{name}-asks-candidates",
        role=role.name,
        policy=pulumi.Output.all(bucket, key_arn).apply(
            lambda known: document(
                allow(["s3:GetObject"], f"arn:aws:s3:::{known[0]}/{prefix}bundles/*"),
                allow(["s3:PutObject"], f"arn:aws:s3:::{known[0]}/{prefix}facts/*"),
                allow(["kms:Decrypt", "kms:GenerateDataKey"], known[1]),
            )
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
