"""Deliveries of other services' logs: where they come from, where they go, and the two brought together."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.cloudwatch.log_groups import TAGGING

_LONGEST_NAME = 60
_ADDED_FOLDER = "AWSLogs/{account-id}/CloudFront/"
"""What AWS puts before a path and answers with it; pulumi-aws takes it off again."""
_DESTINATION = Shape({"destinationResourceArn": "destinationResourceArn"})
_S3 = Shape({"suffixPath": "suffixPath", "enableHiveCompatiblePath": "enableHiveCompatiblePath"})


class _Tagged(Adapter):
    """A resource of log delivery: its tags are kept by ARN, and can be set at creation."""

    service = "logs"
    tagging = TAGGING
    not_found = ("ResourceNotFoundException",)

    def _tags(self, aws: Aws, arn: str) -> dict[str, str]:
        return dict(aws.client("logs").list_tags_for_resource(resourceArn=arn)["tags"])


@adapter
class LogDeliverySource(_Tagged):
    """Its id is its name."""

    token = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=_LONGEST_NAME)),
        "logType": Property(required=True, replaces=True),
        "resourceArn": Property(required=True, replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn", "service")
    emulation = "No log is ever written."

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("logs").put_delivery_source(
            name=inputs["name"],
            logType=inputs["logType"],
            resourceArn=inputs["resourceArn"],
            **arguments(inputs, {"tagsAll": "tags"}),
        )
        return str(inputs["name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        source = aws.client("logs").get_delivery_source(name=id)["deliverySource"]
        return {
            "name": source["name"],
            "logType": source["logType"],
            "resourceArn": source["resourceArns"][0],
            "tags": self.tagging.read(aws, source["arn"]),
            "arn": source["arn"],
            "service": source["service"],
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("logs").delete_delivery_source(name=id)


@adapter
class LogDeliveryDestination(_Tagged):
    """Its id is its name."""

    token = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=_LONGEST_NAME)),
        "outputFormat": Property(computed=True, replaces=True),
        "deliveryDestinationConfiguration": Property(required=True),
        "deliveryDestinationType": Property(computed=True, replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "Nothing arrives at it."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        name = "deliveryDestinationConfiguration"
        return list(_DESTINATION.unknown_keys(inputs.get(name), name))

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs, arguments(inputs, {"tagsAll": "tags", "outputFormat": "outputFormat"}))
        return str(inputs["name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        destination = aws.client("logs").get_delivery_destination(name=id)["deliveryDestination"]
        return {
            "name": destination["name"],
            "outputFormat": destination.get("outputFormat"),
            "deliveryDestinationConfiguration": _DESTINATION.from_aws(destination["deliveryDestinationConfiguration"]),
            "deliveryDestinationType": destination["deliveryDestinationType"],
            "tags": self.tagging.read(aws, destination["arn"]),
            "arn": destination["arn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # The format cannot change, and is lost when it is not said again.
        self._put(aws, {**new, "name": id}, arguments({**old, **new}, {"outputFormat": "outputFormat"}))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("logs").delete_delivery_destination(name=id)

    def _put(self, aws: Aws, inputs: Values, further: Values) -> None:
        aws.client("logs").put_delivery_destination(
            name=inputs["name"],
            deliveryDestinationConfiguration=_DESTINATION.to_aws(inputs["deliveryDestinationConfiguration"]),
            **further,
        )


@adapter
class LogDelivery(_Tagged):
    """Its id is AWS's."""

    token = "aws:cloudwatch/logDelivery:LogDelivery"
    properties = {
        "deliverySourceName": Property(required=True, replaces=True),
        "deliveryDestinationArn": Property(required=True, replaces=True),
        "fieldDelimiter": Property(computed=True),
        "recordFields": Property(computed=True),
        "s3DeliveryConfigurations": Property(computed=True),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "Nothing is delivered."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(_S3.unknown_keys(inputs.get("s3DeliveryConfigurations"), "s3DeliveryConfigurations"))

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("logs").create_delivery(
            deliverySourceName=inputs["deliverySourceName"],
            deliveryDestinationArn=inputs["deliveryDestinationArn"],
            **arguments(inputs, {"tagsAll": "tags"}),
            **_delivered(inputs),
        )
        return str(answer["delivery"]["id"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        delivery = aws.client("logs").get_delivery(id=id)["delivery"]
        s3 = delivery.get("s3DeliveryConfiguration")
        path = (s3 or {}).get("suffixPath", "").removeprefix(_ADDED_FOLDER)
        return {
            "deliverySourceName": delivery["deliverySourceName"],
            "deliveryDestinationArn": delivery["deliveryDestinationArn"],
            "fieldDelimiter": delivery.get("fieldDelimiter"),
            "recordFields": delivery.get("recordFields"),
            "s3DeliveryConfigurations": [_S3.from_aws({**s3, "suffixPath": path})] if s3 else None,
            "tags": self.tagging.read(aws, delivery["arn"]),
            "arn": delivery["arn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        said = {name: value for name, value in new.items() if name in changed}
        if delivered := _delivered(said):
            aws.client("logs").update_delivery_configuration(id=id, **delivered)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("logs").delete_delivery(id=id)


def _delivered(inputs: Values) -> Values:
    """What is delivered and how, in AWS's words."""
    delivered = arguments(inputs, {"fieldDelimiter": "fieldDelimiter", "recordFields": "recordFields"})
    if inputs.get("s3DeliveryConfigurations"):
        [s3] = inputs["s3DeliveryConfigurations"]
        delivered["s3DeliveryConfiguration"] = _S3.to_aws(s3)
    return delivered
