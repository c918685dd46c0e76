"""``aws.elasticbeanstalk.Application``: a name over versions and environments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.elasticbeanstalk.tagging import TAGGING, refused_tags
from sandbox.provider.aws.tags import to_records

LIFECYCLE = Shape(
    {
        "deleteSourceFromS3": Leaf("deleteSourceFromS3", default=False),
        "maxAgeInDays": "maxAgeInDays",
        "maxCount": "maxCount",
        "serviceRole": "serviceRole",
    }
)


@adapter
class Application(Adapter):
    """Its id is its name."""

    token = "aws:elasticbeanstalk/application:Application"
    service = "elasticbeanstalk"
    tagging = TAGGING
    properties = {
        "appversionLifecycle": Property(),
        "description": Property(),
        "name": Property(replaces=True, autoname=AutoName(max_length=100)),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        lifecycle = inputs.get("appversionLifecycle") or {}
        problems = refused_tags(inputs) + list(LIFECYCLE.unknown_keys(lifecycle, "appversionLifecycle"))
        if "maxAgeInDays" in lifecycle and "maxCount" in lifecycle:
            problems.append(("appversionLifecycle.maxCount", "got a value, expected none beside maxAgeInDays"))
        return problems

    def create(self, aws: Aws, inputs: Values) -> str:
        description = {"Description": inputs["description"]} if inputs.get("description") else {}
        answer = aws.client("elasticbeanstalk").create_application(
            ApplicationName=inputs["name"], Tags=to_records(inputs["tagsAll"]), **description
        )
        return str(answer["Application"]["ApplicationName"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        if inputs.get("appversionLifecycle"):
            self._set_lifecycle(aws, id, inputs["appversionLifecycle"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        application = _find(aws, id)
        if application is None:
            return None
        said = state.get("appversionLifecycle")
        return {
            "appversionLifecycle": _lifecycle(application.get("ResourceLifecycleConfig", {}), said),
            "description": application.get("Description"),
            "name": application["ApplicationName"],
            "tags": self.tagging.read(aws, application["ApplicationArn"]),
            "arn": application["ApplicationArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "description" in changed:
            aws.client("elasticbeanstalk").update_application(
                ApplicationName=id, Description=new.get("description", "")
            )
        if "appversionLifecycle" in changed:
            kept_role = {"serviceRole": (old.get("appversionLifecycle") or {}).get("serviceRole")}
            self._set_lifecycle(aws, id, new.get("appversionLifecycle") or kept_role)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elasticbeanstalk").delete_application(ApplicationName=id)
        aws.wait(f"deletion of Elastic Beanstalk application {id}", lambda: _find(aws, id) is None)

    def _set_lifecycle(self, aws: Aws, id: str, lifecycle: Values) -> None:
        delete_source = lifecycle.get("deleteSourceFromS3", False)
        age, count = lifecycle.get("maxAgeInDays"), lifecycle.get("maxCount")
        rules = {
            "MaxAgeRule": {"Enabled": bool(age), "DeleteSourceFromS3": delete_source} | _given("MaxAgeInDays", age),
            "MaxCountRule": {"Enabled": bool(count), "DeleteSourceFromS3": delete_source} | _given("MaxCount", count),
        }
        config = {"ServiceRole": lifecycle["serviceRole"], "VersionLifecycleConfig": rules}
        aws.client("elasticbeanstalk").update_application_resource_lifecycle(
            ApplicationName=id, ResourceLifecycleConfig=config
        )


def _given(name: str, value: int | None) -> dict[str, int]:
    return {name: value} if value else {}


def _find(aws: Aws, id: str) -> Mapping[str, Any] | None:
    """The application, or ``None``: AWS answers an unknown name with an empty list."""
    answer = aws.client("elasticbeanstalk").describe_applications(ApplicationNames=[id])
    return next(iter(answer["Applications"]), None)


def _lifecycle(config: Mapping[str, Any], said: Values | None) -> Values | None:
    """How old versions end, or ``None`` when they do not: the service role alone says nothing."""
    rules = config.get("VersionLifecycleConfig", {})
    age, count = (rules.get(name, {}) for name in ("MaxAgeRule", "MaxCountRule"))
    enabled = [rule for rule in (age, count) if rule.get("Enabled")]
    if not enabled:
        return None
    record = {
        "deleteSourceFromS3": enabled[0].get("DeleteSourceFromS3", False),
        "maxAgeInDays": age.get("MaxAgeInDays") if age.get("Enabled") else None,
        "maxCount": count.get("MaxCount") if count.get("Enabled") else None,
        "serviceRole": config.get("ServiceRole"),
    }
    return LIFECYCLE.from_aws(record, said)
