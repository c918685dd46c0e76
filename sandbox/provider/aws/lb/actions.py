"""What a listener or a rule does with a request: the actions, between pulumi-aws's shape and AWS's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Values
from sandbox.provider.aws.blocks import Leaf, Nested, Shape

FORWARD = Shape(
    {
        "targetGroups": Nested(
            "TargetGroups", Shape({"arn": "TargetGroupArn", "weight": Leaf("Weight", default=1)}), many=True
        ),
        "stickiness": Nested(
            "TargetGroupStickinessConfig",
            Shape({"enabled": Leaf("Enabled", default=False), "duration": "DurationSeconds"}),
        ),
    }
)

REDIRECT = Shape(
    {
        "host": Leaf("Host", default="#{host}"),
        "path": Leaf("Path", default="/#{path}"),
        "port": Leaf("Port", default="#{port}"),
        "protocol": Leaf("Protocol", default="#{protocol}"),
        "query": Leaf("Query", default="#{query}"),
        "statusCode": "StatusCode",
    }
)

FIXED_RESPONSE = Shape(
    {
        "contentType": "ContentType",
        "messageBody": Leaf("MessageBody", default=""),
        "statusCode": "StatusCode",
    }
)

ACTION = Shape(
    {
        "type": "Type",
        "order": "Order",
        "targetGroupArn": "TargetGroupArn",
        "forward": Nested("ForwardConfig", FORWARD),
        "redirect": Nested("RedirectConfig", REDIRECT),
        "fixedResponse": Nested("FixedResponseConfig", FIXED_RESPONSE),
    }
)


def to_aws(actions: Sequence[Values]) -> list[Values]:
    """The actions as AWS takes them."""
    return [ACTION.to_aws(action) for action in actions]


def from_aws(answers: Sequence[Mapping[str, Any]], said: Sequence[Values] | None) -> list[Values]:
    """The actions as a program writes them, in the order in which they happen."""
    in_order = sorted(answers, key=lambda answer: answer.get("Order", 0))
    said = list(said or ())
    said += [{}] * (len(in_order) - len(said))
    return [_as_said(answer, position, said[position - 1]) for position, answer in enumerate(in_order, start=1)]


def _as_said(answer: Mapping[str, Any], position: int, said: Values) -> Values:
    """One action. AWS answers a plain forward twice, as a target group and as a list of one: the program wrote one."""
    record = dict(answer)
    config = record.get("ForwardConfig") or {}
    several = len(config.get("TargetGroups", ())) > 1 or config.get("TargetGroupStickinessConfig", {}).get("Enabled")
    if said.get("forward") or several:
        record.pop("TargetGroupArn", None)
    else:
        record.pop("ForwardConfig", None)
    if record.get("Order") == position and "order" not in said:
        del record["Order"]
    return ACTION.from_aws(record, said)
