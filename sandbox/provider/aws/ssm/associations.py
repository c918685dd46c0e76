"""State Manager's associations."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ssm.tagging import tagging_of

_MEMBERS = {
    "associationName": "AssociationName",
    "scheduleExpression": "ScheduleExpression",
    "applyOnlyAtCronInterval": "ApplyOnlyAtCronInterval",
}


@adapter
class Association(Adapter):
    """Its id is that of the association. The property ``name`` is the document's."""

    token = "aws:ssm/association:Association"
    service = "ssm"
    tagging = tagging_of("Association")
    not_found = ("AssociationDoesNotExist",)
    properties = {
        "name": Property(required=True, replaces=True),
        "associationName": Property(),
        "scheduleExpression": Property(),
        "applyOnlyAtCronInterval": Property(default=False),
        "parameters": Property(computed=True),
        "targets": Property(computed=True),
        "tags": TAGS,
    }
    outputs = ("arn", "associationId", "documentVersion")
    emulation = "The document does not run: no server does."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ssm").create_association(
            Name=inputs["name"], Tags=tags.to_records(inputs["tagsAll"]), **_said(inputs)
        )
        return str(answer["AssociationDescription"]["AssociationId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("ssm").describe_association(AssociationId=id)["AssociationDescription"]
        return {
            **{name: found.get(member) for name, member in _MEMBERS.items()},
            "name": found["Name"],
            "parameters": {name: ",".join(values) for name, values in found.get("Parameters", {}).items()},
            "targets": [{"key": each["Key"], "values": each["Values"]} for each in found.get("Targets", [])],
            "tags": self.tagging.read(aws, id),
            "arn": f"arn:{aws.partition}:ssm:{aws.region}:{aws.account_id}:association/{id}",
            "associationId": id,
            "documentVersion": found["DocumentVersion"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # AWS takes away what an update does not say.
        aws.client("ssm").update_association(AssociationId=id, **_said(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ssm").delete_association(AssociationId=id)


def _said(inputs: Values) -> Values:
    said = arguments(inputs, _MEMBERS)
    # A parameter of the document has a list of values for AWS, and one value for pulumi-aws.
    if inputs.get("parameters"):
        said["Parameters"] = {name: [value] for name, value in inputs["parameters"].items()}
    if inputs.get("targets"):
        said["Targets"] = [{"Key": each["key"], "Values": each["values"]} for each in inputs["targets"]]
    return said
