"""What the resources of EC2's API share: tags at creation and afterwards, and their ARNs."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import Adapter, Aws, Values
from sandbox.provider.aws import tags
from sandbox.provider.aws.tags import Tagging, keys_as_records


class TaggedEc2Adapter(Adapter):
    """A resource of EC2's API whose id is also the id that its tags hang on."""

    service = "ec2"
    tagging = Tagging(
        service="ec2",
        resource="Resources",
        several=True,
        setting="create_tags",
        removing="delete_tags",
        keys="Tags",
        keys_to_aws=keys_as_records,
    )


def tag_specifications(resource_type: str, inputs: Values) -> list[dict[str, Any]]:
    """The ``TagSpecifications`` argument of a create call; empty without tags, which AWS asks for."""
    records = tags.to_records(inputs.get("tagsAll"))
    return [{"ResourceType": resource_type, "Tags": records}] if records else []


def arn(aws: Aws, resource_type: str, id: str) -> str:
    """The ARN of a resource of this region and account."""
    return f"arn:{aws.partition}:ec2:{aws.region}:{aws.account_id}:{resource_type}/{id}"
