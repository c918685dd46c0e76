"""What the resources of Elastic Load Balancing share: their id is their ARN, under which their tags are."""

from __future__ import annotations

from sandbox.provider.adapter import Adapter, Values
from sandbox.provider.aws.tags import Tagging, to_records


class TaggedByArn(Adapter):
    """A resource of Elastic Load Balancing."""

    service = "elbv2"
    tagging = Tagging(
        service="elbv2",
        resource="ResourceArns",
        several=True,
        reading="describe_tags",
        answer=("TagDescriptions", 0, "Tags"),
        setting="add_tags",
        removing="remove_tags",
    )


def creation_tags(inputs: Values) -> Values:
    """The ``Tags`` argument of a Create call, which must not be an empty list."""
    return {"Tags": to_records(inputs["tagsAll"])} if inputs["tagsAll"] else {}
