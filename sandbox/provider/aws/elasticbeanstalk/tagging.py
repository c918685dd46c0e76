"""Tags of anything in Elastic Beanstalk, which are kept by ARN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sandbox.provider.adapter import Values
from sandbox.provider.aws.tags import Tagging, from_records

RESERVED_PREFIX: Final = "elasticbeanstalk:"
"""Elastic Beanstalk's own tags on what it makes; they cannot be set by users."""


NAME: Final = "Name"
"""The official provider takes it for one of Elastic Beanstalk's own on every resource of the service."""


def refused_tags(inputs: Values) -> list[tuple[str, str]]:
    """What ``Adapter.check`` answers about the tags. The official provider neither sets nor reads ``Name``, and so has
    a change at every run of a program that says it."""
    if NAME not in (inputs.get("tags") or {}):
        return []
    return [("tags.Name", "got a value, expected none: the official provider drops it, and would add it at each run")]


def _own(records: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags without Elastic Beanstalk's own."""
    tags = from_records(records)
    return {key: value for key, value in tags.items() if key != NAME and not key.startswith(RESERVED_PREFIX)}


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
