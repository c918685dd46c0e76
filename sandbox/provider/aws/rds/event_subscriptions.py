"""``aws.rds.EventSubscription``: events of databases, sent to a topic."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.data_stores import tagging
from sandbox.provider.aws.tags import to_records

_ARGUMENTS = {
    "snsTopic": "SnsTopicArn",
    "sourceType": "SourceType",
    "eventCategories": "EventCategories",
    "enabled": "Enabled",
}


@adapter
class EventSubscription(Adapter):
    """Its id is its name."""

    token = "aws:rds/eventSubscription:EventSubscription"
    service = "rds"
    tagging = tagging("rds")
    not_found = ("SubscriptionNotFound", "SubscriptionNotFoundFault")
    properties = {
        "name": Property(replaces=True, autoname=AutoName()),
        "snsTopic": Property(required=True),
        "sourceType": Property(),
        "sourceIds": Property(unordered=True),
        "eventCategories": Property(unordered=True),
        "enabled": Property(default=True),
        "tags": TAGS,
    }
    outputs = ("arn", "customerAwsId")
    emulation = "No event is sent to the topic."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("rds").create_event_subscription(
            SubscriptionName=inputs["name"],
            Tags=to_records(inputs["tagsAll"]),
            **arguments(inputs, {**_ARGUMENTS, "sourceIds": "SourceIds"}),
        )
        return str(answer["EventSubscription"]["CustSubscriptionId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        answer = aws.client("rds").describe_event_subscriptions(SubscriptionName=id)
        [found] = answer["EventSubscriptionsList"]
        return {
            "name": found["CustSubscriptionId"],
            "snsTopic": found["SnsTopicArn"],
            "sourceType": found.get("SourceType"),
            "sourceIds": found.get("SourceIdsList", []),
            "eventCategories": found.get("EventCategoriesList", []),
            "enabled": found["Enabled"],
            "tags": self.tagging.read(aws, found["EventSubscriptionArn"]),
            "arn": found["EventSubscriptionArn"],
            "customerAwsId": found.get("CustomerAwsId"),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        rds = aws.client("rds")
        if changed - {"sourceIds"}:
            rds.modify_event_subscription(
                SubscriptionName=id,
                # Without categories it hears of all.
                **{"EventCategories": [], **arguments(new, _ARGUMENTS)},
            )
        before, after = set(old.get("sourceIds") or ()), set(new.get("sourceIds") or ())
        for source in sorted(after - before):
            rds.add_source_identifier_to_subscription(SubscriptionName=id, SourceIdentifier=source)
        for source in sorted(before - after):
            rds.remove_source_identifier_from_subscription(SubscriptionName=id, SourceIdentifier=source)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("rds").delete_event_subscription(SubscriptionName=id)
