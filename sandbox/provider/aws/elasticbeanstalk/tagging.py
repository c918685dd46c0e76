"""Tags of anything in Elastic Beanstalk, which are kept by ARN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sandbox.provider.aws.tags import Tagging, from_records

RESERVED_PREFIX: Final = "elasticbeanstalk:"
"""Elastic Beanstalk's own tags on what it makes; they cannot be set by users."""


def _own(records: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags without Elastic Beanstalk's own."""
    return {key: value for key, value in from_records(records).items() if not key.startswith(RESERVED_PREFIX)}


TAGGING: Final = Tagging(
    service="elasticbeanstalk",
    by_arn=True,
    answer=("ResourceTags",),
    setting="update_tags_for_resource",
    tags="TagsToAdd",
    removing="update_tags_for_resource",
    keys="TagsToRemove",
    from_aws=_own,
)
