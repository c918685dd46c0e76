"""Tags of an alarm of either kind, which CloudWatch keeps by its ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import Aws
from sandbox.provider.aws.tags import from_records, to_records


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of an alarm."""
    return from_records(aws.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"])


def change_tags(aws: Aws, arn: str, add: Mapping[str, str], remove: Sequence[str]) -> None:
    """Set and remove tags of an alarm: putting it again would not."""
    cloudwatch = aws.client("cloudwatch")
    if remove:
        cloudwatch.untag_resource(ResourceARN=arn, TagKeys=list(remove))
    if add:
        cloudwatch.tag_resource(ResourceARN=arn, Tags=to_records(add))
