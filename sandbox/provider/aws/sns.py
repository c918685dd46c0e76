"""SNS: topics and their subscriptions. Both keep everything in text attributes, set one a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.tags import Tagging

TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "policy": "Policy",
    "kmsMasterKeyId": "KmsMasterKeyId",
}
SUBSCRIPTION_ATTRIBUTES = {
    "rawMessageDelivery": "RawMessageDelivery",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
}


@adapter
class Topic(Adapter):
    """Its id is its ARN."""

    token = "aws:sns/topic:Topic"
    service = "sns"
    tagging = Tagging(service="sns")
    not_found = ("NotFound", "NotFoundException")
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=256)),
        "displayName": Property(),
        "policy": Property(computed=True, json=True),
        "kmsMasterKeyId": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "owner")
    emulation = "Messages reach queues and functions of the sandbox; no e-mail is sent."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("sns").create_topic(
            Name=inputs["name"],
            Attributes=_to_attributes(inputs, TOPIC_ATTRIBUTES),
            Tags=tags.to_records(inputs["tagsAll"]),
        )
        return str(answer["TopicArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        sns = aws.client("sns")
        attributes = sns.get_topic_attributes(TopicArn=id)["Attributes"]
        return {
            **_from_attributes(attributes, TOPIC_ATTRIBUTES),
            "name": id.rpartition(":")[2],
            "tags": self.tagging.read(aws, id),
            "arn": id,
            "owner": attributes["Owner"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        for name in sorted(changed):
            aws.client("sns").set_topic_attributes(
                TopicArn=id, AttributeName=TOPIC_ATTRIBUTES[name], AttributeValue=_text(new.get(name))
            )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("sns").delete_topic(TopicArn=id)


@adapter
class TopicSubscription(Adapter):
    """Its id is its ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    service = "sns"
    not_found = ("NotFound", "NotFoundException")
    properties = {
        "topic": Property(required=True, replaces=True),
        "protocol": Property(required=True, replaces=True),
        "endpoint": Property(required=True, replaces=True),
        "rawMessageDelivery": Property(default=False),
        "filterPolicy": Property(json=True),
        "filterPolicyScope": Property(computed=True),
    }
    outputs = ("arn", "confirmationWasAuthenticated", "ownerId", "pendingConfirmation")
    emulation = "No confirmation is asked for, and no e-mail is sent."

    def create(self, aws: Aws, inputs: Values) -> str:
        said = {name: value for name, value in inputs.items() if value is not False}
        answer = aws.client("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=_to_attributes(said, SUBSCRIPTION_ATTRIBUTES),
            ReturnSubscriptionArn=True,
        )
        return str(answer["SubscriptionArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        attributes = aws.client("sns").get_subscription_attributes(SubscriptionArn=id)["Attributes"]
        return {
            **_from_attributes(attributes, SUBSCRIPTION_ATTRIBUTES),
            "topic": attributes["TopicArn"],
            "protocol": attributes["Protocol"],
            "endpoint": attributes["Endpoint"],
            "rawMessageDelivery": attributes.get("RawMessageDelivery") == "true",
            "arn": id,
            "confirmationWasAuthenticated": attributes.get("ConfirmationWasAuthenticated") == "true",
            "ownerId": attributes.get("Owner"),
            "pendingConfirmation": attributes.get("PendingConfirmation") == "true",
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        for name in sorted(changed):
            aws.client("sns").set_subscription_attributes(
                SubscriptionArn=id,
                AttributeName=SUBSCRIPTION_ATTRIBUTES[name],
                AttributeValue=_text(new.get(name)),
            )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("sns").unsubscribe(SubscriptionArn=id)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _to_attributes(inputs: Values, names: Mapping[str, str]) -> dict[str, str]:
    return {attribute: _text(inputs[name]) for name, attribute in names.items() if inputs.get(name) is not None}


def _from_attributes(attributes: Mapping[str, str], names: Mapping[str, str]) -> Values:
    return {name: attributes.get(attribute) or None for name, attribute in names.items()}
