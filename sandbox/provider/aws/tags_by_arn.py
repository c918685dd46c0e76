"""Tags of anything in RDS and in ElastiCache, whose APIs keep them by ARN with the same operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import Aws
from sandbox.provider.aws.tags import from_records, to_records


def read_tags(aws: Aws, service: str, arn: str) -> dict[str, str]:
    """The tags of a resource."""
    return from_records(aws.client(service).list_tags_for_resource(ResourceName=arn)["TagList"])


def change_tags(aws: Aws, service: str, arn: str, add: Mapping[str, str], remove: Sequence[str]) -> None:
    """Set and remove tags of a resource."""
    client = aws.client(service)
    if remove:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=list(remove))
    if add:
        client.add_tags_to_resource(ResourceName=arn, Tags=to_records(add))
