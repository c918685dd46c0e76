"""Tags of anything in Elastic Beanstalk, which are kept by ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Aws
from sandbox.provider.aws.tags import from_records, to_records

RESERVED_PREFIX = "elasticbeanstalk:"
"""Elastic Beanstalk's own tags on what it makes; nobody else can set them."""


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of a resource, without Elastic Beanstalk's own."""
    answer = aws.client("elasticbeanstalk").list_tags_for_resource(ResourceArn=arn)
    tags = from_records(answer["ResourceTags"])
    return {key: value for key, value in tags.items() if not key.startswith(RESERVED_PREFIX)}


def change_tags(aws: Aws, arn: str, add: Mapping[str, str], remove: Sequence[str]) -> None:
    """Set and remove tags of a resource."""
    changes: dict[str, Any] = {"TagsToAdd": to_records(add), "TagsToRemove": list(remove)}
    aws.client("elasticbeanstalk").update_tags_for_resource(
        ResourceArn=arn, **{name: value for name, value in changes.items() if value}
    )
