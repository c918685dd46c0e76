"""CloudFront's access logs, delivered to a private bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context

_REGION = "us-east-1"
"""The only region that takes CloudFront as a source, wherever the bucket is ("Configure standard logging (v2)")."""
_FORMAT = "w3c"
_FOLDERS = "{DistributionId}/{yyyy}/{MM}/{dd}"
"""The folders below ``AWSLogs/<account>/CloudFront/``, which AWS adds."""


@dataclass(frozen=True, kw_only=True)
class DeliveryLogsArgs:
    """The distributions, and the bucket for their logs."""

    context: Context
    distributions: Mapping[str, pulumi.Input[str]]
    """The ARN of each distribution, by the content that it serves."""
    bucket_name: pulumi.Input[str]
    """A bucket to which log delivery may write."""


class DeliveryLogs(pulumi.ComponentResource):
    """Standard logging (v2). Unlike a distribution's own logging setting, it needs no ACLs on the bucket.

    Produces the destination, and a source and a delivery for each distribution. The logs are in W3C's format, in a
    folder for each distribution and day. They arrive minutes to an hour after the requests.
    """

    destination_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DeliveryLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:delivery:DeliveryLogs", name, {"distributions": list(args.distributions)}, opts)
        child = pulumi.ResourceOptions(parent=self)
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-bucket",
            region=_REGION,
            output_format=_FORMAT,
            delivery_destination_configuration=aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs(
                destination_resource_arn=pulumi.Output.concat("arn:aws:s3:::", args.bucket_name)
            ),
            tags=args.context.tags.named(f"{name}-bucket"),
            opts=child,
        )
        for content, distribution_arn in args.distributions.items():
            source = aws.cloudwatch.LogDeliverySource(
                f"{name}-{content}",
                region=_REGION,
                log_type="ACCESS_LOGS",
                resource_arn=distribution_arn,
                tags=args.context.tags.named(f"{name}-{content}"),
                opts=child,
            )
            aws.cloudwatch.LogDelivery(
                f"{name}-{content}-delivery",
                region=_REGION,
                delivery_source_name=source.name,
                delivery_destination_arn=destination.arn,
                s3_delivery_configurations=[
                    aws.cloudwatch.LogDeliveryS3DeliveryConfigurationArgs(
                        suffix_path=_FOLDERS, enable_hive_compatible_path=False
                    )
                ],
                tags=args.context.tags.named(f"{name}-{content}-delivery"),
                opts=child,
            )
        self.destination_arn = destination.arn
        self.register_outputs({"destination_arn": self.destination_arn})
