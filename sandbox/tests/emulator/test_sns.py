"""SNS of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def topic(sns: Any) -> str:
    arn: str = sns.create_topic(Name="alarms")["TopicArn"]
    return arn


@pytest.mark.parametrize(("name", "value"), [("SignatureVersion", "2"), ("TracingConfig", "Active")])
def test_attributes_of_a_topic_read_back(sns: Any, topic: str, name: str, value: str) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"][name] == value


@pytest.mark.parametrize(
    ("protocol", "endpoint", "pending"),
    [
        ("email", "ops@client.url", "true"),
        ("sqs", "arn:aws:sqs:eu-west-3:123456789012:alarms", "false"),
    ],
)
def test_only_people_have_to_confirm(sns: Any, topic: str, protocol: str, endpoint: str, pending: str) -> None:
    """No mail is sent, so that a subscription by e-mail stays pending."""
    arn = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint, ReturnSubscriptionArn=True)
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn["SubscriptionArn"])["Attributes"]
    assert attributes["PendingConfirmation"] == pending
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed in sns.list_subscriptions()["Subscriptions"]
    assert listed["Endpoint"] == endpoint
    assert (listed["SubscriptionArn"] == "PendingConfirmation") is (pending == "true")
