"""Event subscriptions: enabled by default, and changed later."""

from __future__ import annotations

from typing import Any

from moto.rds.models import EventSubscription, RDSBackend
from moto.rds.responses import RDSResponse

from sandbox.emulator.patching import operation, patch

_CHANGEABLE = {
    "SnsTopicArn": "sns_topic_arn",
    "SourceType": "source_type",
    "EventCategories": "event_categories",
    "Enabled": "enabled",
}


@patch(
    "moto.rds.models:RDSBackend.create_event_subscription",
    sha256="b4d4c5e1e6dcceeee418786051a02c0a25e11dd61cafe3dc07358c0a7f54152b",
)
def _create(original: Any, backend: RDSBackend, settings: Any) -> EventSubscription:
    subscription: EventSubscription = original(backend, settings)
    subscription.enabled = settings.get("enabled", True)
    return subscription


@operation(RDSResponse)
def modify_event_subscription(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Change the named settings. The sources have operations of their own."""
    subscription = _subscription(response, parameters)
    for parameter, attribute in _CHANGEABLE.items():
        if parameter in parameters:
            setattr(subscription, attribute, parameters[parameter])
    return {"EventSubscription": subscription}


@operation(RDSResponse)
def add_source_identifier_to_subscription(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    subscription = _subscription(response, parameters)
    subscription.source_ids = [*subscription.source_ids, parameters["SourceIdentifier"]]
    return {"EventSubscription": subscription}


@operation(RDSResponse)
def remove_source_identifier_from_subscription(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    subscription = _subscription(response, parameters)
    subscription.source_ids = [each for each in subscription.source_ids if each != parameters["SourceIdentifier"]]
    return {"EventSubscription": subscription}


def _subscription(response: RDSResponse, parameters: dict[str, Any]) -> EventSubscription:
    [subscription] = response.backend.describe_event_subscriptions(parameters["SubscriptionName"])
    return subscription
