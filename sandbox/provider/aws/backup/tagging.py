"""Tags of anything in AWS Backup, which keeps them as a mapping, by ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import Aws


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of a resource."""
    return dict(aws.client("backup").list_tags(ResourceArn=arn)["Tags"])


def change_tags(aws: Aws, arn: str, add: Mapping[str, str], remove: Sequence[str]) -> None:
    """Set and remove tags of a resource."""
    backup = aws.client("backup")
    if remove:
        backup.untag_resource(ResourceArn=arn, TagKeyList=list(remove))
    if add:
        backup.tag_resource(ResourceArn=arn, Tags=dict(add))
