"""Systems Manager's parameters."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ssm.tagging import tagging_of

_MEMBERS = {
    "type": "Type",
    "description": "Description",
    "keyId": "KeyId",
    "tier": "Tier",
    "dataType": "DataType",
    "allowedPattern": "AllowedPattern",
}


@adapter
class Parameter(Adapter):
    """Its id is its name. An update makes a new version."""

    token = "aws:ssm/parameter:Parameter"
    service = "ssm"
    tagging = tagging_of("Parameter")
    not_found = ("ParameterNotFound",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=1011)),
        "type": Property(required=True),
        "value": Property(required=True, secret=True),
        "description": Property(),
        "keyId": Property(computed=True),
        "tier": Property(computed=True),
        "dataType": Property(computed=True, replaces=True),
        "allowedPattern": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "version")
    volatile_outputs = ("version",)

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("ssm").put_parameter(
            Name=inputs["name"],
            Tags=tags.to_records(inputs["tagsAll"]),
            Value=inputs["value"],
            **arguments(inputs, _MEMBERS),
        )
        return str(inputs["name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        ssm = aws.client("ssm")
        parameter = ssm.get_parameter(Name=id, WithDecryption=True)["Parameter"]
        chosen = [{"Key": "Name", "Option": "Equals", "Values": [id]}]
        described = ssm.describe_parameters(ParameterFilters=chosen)["Parameters"][0]
        return {
            "name": id,
            **{name: described.get(member) for name, member in _MEMBERS.items()},
            "value": parameter["Value"],
            "tags": self.tagging.read(aws, id),
            "arn": parameter["ARN"],
            "version": parameter["Version"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("ssm").put_parameter(Name=id, Value=new["value"], Overwrite=True, **arguments(new, _MEMBERS))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ssm").delete_parameter(Name=id)
