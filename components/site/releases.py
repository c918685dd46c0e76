"""Where a site's releases are recorded, and what its back office may do for one that is not deployed yet."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.shared.context import Context
from components.shared.iam import allow, document


@dataclass(frozen=True, kw_only=True)
class SiteReleases:
    """The place of a site's lock, journals, bundles and facts in the bucket for releases."""

    bucket_name: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """The KMS key of that bucket. It is another stack's key where that stack owns the bucket."""
    context: Context

    @staticmethod
    def of(shared: SharedPlatformOutputs, context: Context) -> SiteReleases:
        """The place in the bucket that the sites of a network share."""
        return SiteReleases(bucket_name=shared.releases_bucket, key_arn=shared.releases_key_arn, context=context)

    @property
    def application_name(self) -> str:
        """The name of the site's Beanstalk application, with which the keys in the bucket begin."""
        return f"{self.context.tags.client}-magento-{self.context.tags.environment}"

    @property
    def uri(self) -> pulumi.Output[str]:
        """The ``s3://`` address of all of them."""
        return pulumi.Output.concat("s3://", self.bucket_name, f"/{self.application_name}/")

    def grant_candidates(self, name: str, role: aws.iam.Role, parent: pulumi.Resource) -> aws.iam.RolePolicy:
        """Let ``role`` fetch bundles, and write what the releases in them say of themselves."""
        return aws.iam.RolePolicy(
            f"{name}-asks-candidates",
            role=role.name,
            policy=pulumi.Output.all(self.bucket_name, self.key_arn).apply(
                lambda known: document(
                    allow(["s3:GetObject"], f"arn:aws:s3:::{known[0]}/{self.application_name}/bundles/*"),
                    allow(["s3:PutObject"], f"arn:aws:s3:::{known[0]}/{self.application_name}/facts/*"),
                    allow(["kms:Decrypt", "kms:GenerateDataKey"], known[1]),
                )
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )
