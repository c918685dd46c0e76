"""``aws.cloudfront.Distribution``: what CloudFront's edges serve, from where and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.cloudfront.distribution_config import from_aws, to_aws, unknown_keys
from sandbox.provider.aws.tags import Tagging, from_records, to_records

HOSTED_ZONE = "Z2FDTNDATAQYW2"
"""Route 53's zone of all distributions' names. Source: AWS General Reference, CloudFront endpoints."""


@adapter
class Distribution(Adapter):
    """With policies in its cache behaviors, not with forwarded values, which CloudFront calls legacy."""

    token = "aws:cloudfront/distribution:Distribution"
    service = "cloudfront"
    tagging = Tagging(
        service="cloudfront",
        by_arn=True,
        resource="Resource",
        to_aws=lambda tags: {"Items": to_records(tags)},
        from_aws=lambda tags: from_records(tags.get("Items")),
        keys_to_aws=lambda keys: {"Items": list(keys)},
    )
    not_found = ("NoSuchDistribution",)
    emulation = "the configuration is kept and checked; nothing is fetched, cached or served"
    properties = {
        "aliases": Property(unordered=True),
        "comment": Property(),
        "customErrorResponses": Property(unordered=True),
        "defaultCacheBehavior": Property(required=True, unordered=True),
        "defaultRootObject": Property(),
        "enabled": Property(required=True),
        "httpVersion": Property(default="http2"),
        "isIpv6Enabled": Property(default=False),
        "loggingConfig": Property(),
        "orderedCacheBehaviors": Property(),
        "origins": Property(required=True, unordered=True),
        "priceClass": Property(default="PriceClass_All"),
        "restrictions": Property(required=True, unordered=True),
        "retainOnDelete": Property(default=False, kept="Tells the provider to turn it off instead of deleting it."),
        "tags": TAGS,
        "viewerCertificate": Property(required=True),
        "waitForDeployment": Property(default=True, kept="Tells the provider to wait until every edge knows it."),
        "webAclId": Property(),
    }
    outputs = (
        "arn",
        "callerReference",
        "domainName",
        "etag",
        "hostedZoneId",
        "inProgressValidationBatches",
        "lastModifiedTime",
        "loggingV1Enabled",
        "status",
        "trustedKeyGroups",
        "trustedSigners",
    )
    volatile_outputs = ("etag", "lastModifiedTime", "status")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(unknown_keys(inputs))

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("cloudfront").create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": {**to_aws(inputs), "CallerReference": str(uuid4())},
                "Tags": {"Items": to_records(inputs["tagsAll"])},
            }
        )
        return str(answer["Distribution"]["Id"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        if inputs["waitForDeployment"]:
            _wait_for_deployment(aws, id)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        cloudfront = aws.client("cloudfront")
        answer = cloudfront.get_distribution(Id=id)
        distribution = answer["Distribution"]
        config = distribution["DistributionConfig"]
        return {
            **from_aws(config, state),
            "tags": self.tagging.read(aws, distribution["ARN"]),
            "arn": distribution["ARN"],
            "callerReference": config["CallerReference"],
            "domainName": distribution["DomainName"],
            "etag": answer["ETag"],
            "hostedZoneId": HOSTED_ZONE,
            "inProgressValidationBatches": distribution["InProgressInvalidationBatches"],
            "lastModifiedTime": distribution["LastModifiedTime"].isoformat(),
            "loggingV1Enabled": config["Logging"]["Enabled"],
            "status": distribution["Status"],
            "trustedKeyGroups": [{"enabled": distribution["ActiveTrustedKeyGroups"]["Enabled"], "items": []}],
            "trustedSigners": [{"enabled": distribution["ActiveTrustedSigners"]["Enabled"], "items": []}],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        _update(aws, id, to_aws(new))
        self.configure(aws, id, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        """CloudFront deletes what is turned off at every edge."""
        cloudfront = aws.client("cloudfront")
        if cloudfront.get_distribution_config(Id=id)["DistributionConfig"]["Enabled"]:
            _update(aws, id, {"Enabled": False})
        if not state.get("retainOnDelete"):
            _wait_for_deployment(aws, id)
            version = cloudfront.get_distribution_config(Id=id)["ETag"]
            cloudfront.delete_distribution(Id=id, IfMatch=version)


def _update(aws: Aws, id: str, changes: Mapping[str, Any]) -> None:
    """Change members of the configuration, and leave the others as they are."""
    cloudfront = aws.client("cloudfront")
    current = cloudfront.get_distribution_config(Id=id)
    cloudfront.update_distribution(
        Id=id, IfMatch=current["ETag"], DistributionConfig={**current["DistributionConfig"], **changes}
    )


def _wait_for_deployment(aws: Aws, id: str) -> None:
    cloudfront = aws.client("cloudfront")
    aws.wait(
        f"distribution {id} to be deployed",
        lambda: bool(cloudfront.get_distribution(Id=id)["Distribution"]["Status"] == "Deployed"),
    )
