"""``aws.sfn.StateMachine``: steps that Step Functions takes by itself, calls of AWS's services among them."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.tags import Tagging


@adapter
class StateMachine(Adapter):
    """Its id is its ARN."""

    token = "aws:sfn/stateMachine:StateMachine"
    service = "stepfunctions"
    tagging = Tagging(
        service="stepfunctions",
        resource="resourceArn",
        answer=("tags",),
        tags="tags",
        keys="tagKeys",
        to_aws=lambda tags: [{"key": key, "value": value} for key, value in sorted(tags.items())],
        from_aws=lambda records: {each["key"]: each["value"] for each in records},
    )
    not_found = ("StateMachineDoesNotExist",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=80)),
        "definition": Property(required=True, json=True),
        "roleArn": Property(required=True),
        "type": Property(default="STANDARD", replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn", "creationDate", "status")
    emulation = "The definition's states and transitions and the role's trust are checked; no execution takes a step."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("stepfunctions").create_state_machine(
            name=inputs["name"],
            definition=inputs["definition"],
            roleArn=inputs["roleArn"],
            type=inputs["type"],
            tags=self.tagging.to_aws(inputs["tagsAll"]),
        )
        return str(answer["stateMachineArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("stepfunctions").describe_state_machine(stateMachineArn=id)
        return {
            "name": found["name"],
            "definition": found["definition"],
            "roleArn": found["roleArn"],
            "type": found["type"],
            "tags": self.tagging.read(aws, id),
            "arn": found["stateMachineArn"],
            "creationDate": found["creationDate"].isoformat(),
            "status": found["status"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("stepfunctions").update_state_machine(
            stateMachineArn=id, definition=new["definition"], roleArn=new["roleArn"]
        )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("stepfunctions").delete_state_machine(stateMachineArn=id)
