"""Tags of anything in Elastic Load Balancing, which are kept by ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import Adapter, Aws, Values
from sandbox.provider.aws.tags import from_records, to_records


class TaggedByArn(Adapter):
    """A resource of Elastic Load Balancing: its id is its ARN, under which its tags are."""

    service = "elbv2"

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        elbv2 = aws.client("elbv2")
        if remove:
            elbv2.remove_tags(ResourceArns=[id], TagKeys=list(remove))
        if add:
            elbv2.add_tags(ResourceArns=[id], Tags=to_records(add))


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of a resource."""
    return from_records(aws.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])


def creation_tags(inputs: Values) -> Values:
    """The ``Tags`` argument of a Create call, which must not be an empty list."""
    return {"Tags": to_records(inputs["tagsAll"])} if inputs["tagsAll"] else {}
