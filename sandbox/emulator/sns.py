"""SNS: all attributes of a topic, and e-mail subscriptions, which stay unconfirmed."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.sns.models import SNSBackend, Subscription
from moto.sns.responses import SNSResponse

from sandbox.emulator.patching import patch

MISSING_ATTRIBUTES = {"SignatureVersion": "signature_version", "TracingConfig": "tracing_config"}

CONFIRMED_BY_PERSON = ("email", "email-json")
"""Protocols whose subscriptions are pending until a person confirms them."""


@patch(
    "moto.sns.responses:SNSResponse.get_topic_attributes",
    sha256="68c2e1e64dbe3b31cd9793557b4357bbb485171cda2b4ca93bd748889f180d29",
    upstream="GetTopicAttributes leaves out SignatureVersion and TracingConfig.",
)
def _get_topic_attributes(original: Any, response: SNSResponse) -> ActionResult:
    answer: ActionResult = original(response)
    topic = response.backend.get_topic(response._get_param("TopicArn"))
    for name, attribute in MISSING_ATTRIBUTES.items():
        if getattr(topic, attribute, None):
            answer.result["Attributes"][name] = getattr(topic, attribute)
    return answer


@patch(
    "moto.sns.models:SNSBackend.subscribe",
    sha256="0710641d869b9b822ffcdb34644e35c2f32d705505a679bc63a54e5ed66da134",
    upstream="An e-mail subscription is confirmed at once instead of pending.",
)
def _subscribe(original: Any, backend: SNSBackend, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
    """No mail is sent, so an e-mail subscription stays pending."""
    subscription = original(backend, topic_arn, endpoint, protocol)
    if protocol in CONFIRMED_BY_PERSON:
        subscription.attributes |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
    return subscription


@patch(
    "moto.sns.responses:SNSResponse.list_subscriptions",
    sha256="fdf4c2bc65ea8a14f1f77fd87fef12575bbaf55874aa6fd3dc749f4c67a26827",
    upstream="ListSubscriptions answers an unconfirmed subscription's ARN instead of PendingConfirmation.",
)
def _list_subscriptions(original: Any, response: SNSResponse) -> ActionResult:
    return _without_pending_arns(original(response))


@patch(
    "moto.sns.responses:SNSResponse.list_subscriptions_by_topic",
    sha256="b4e8866a52fc3d6e8bbb98ad805eecc8cc7695420bb095ae6a60154b76bdb7cb",
    upstream="ListSubscriptionsByTopic answers an unconfirmed subscription's ARN instead of PendingConfirmation.",
)
def _list_subscriptions_by_topic(original: Any, response: SNSResponse) -> ActionResult:
    return _without_pending_arns(original(response))


def _without_pending_arns(answer: ActionResult) -> ActionResult:
    """Without the ARNs of subscriptions that are not confirmed."""
    answer.result["Subscriptions"] = [
        {
            "SubscriptionArn": "PendingConfirmation" if _pending(subscription) else subscription.arn,
            "Owner": subscription.owner,
            "Protocol": subscription.protocol,
            "Endpoint": subscription.endpoint,
            "TopicArn": subscription.topic_arn,
        }
        for subscription in answer.result["Subscriptions"]
    ]
    return answer


def _pending(subscription: Subscription) -> bool:
    return bool(subscription.attributes.get("PendingConfirmation") == "true")
