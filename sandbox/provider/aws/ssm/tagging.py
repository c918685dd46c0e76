"""How the tags of Systems Manager's resources are read and set."""

from __future__ import annotations

from sandbox.provider.aws.tags import Tagging


def tagging_of(kind: str) -> Tagging:
    """Of one kind of resource, by AWS's name, such as ``Document``."""
    return Tagging(
        service="ssm",
        resource="ResourceId",
        more={"ResourceType": kind},
        answer=("TagList",),
        setting="add_tags_to_resource",
        removing="remove_tags_from_resource",
    )
