"""``aws.elasticbeanstalk.ApplicationVersion``: a zip in a bucket, under a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.elasticbeanstalk.tagging import change_tags, read_tags
from sandbox.provider.aws.tags import to_records


class VersionInUseError(RuntimeError):
    """An environment runs the version that is to be deleted."""


@adapter
class ApplicationVersion(Adapter):
    """Its id is its label, which is unique within its application."""

    token = "aws:elasticbeanstalk/applicationVersion:ApplicationVersion"
    service = "elasticbeanstalk"
    properties = {
        "application": Property(required=True, replaces=True),
        "bucket": Property(required=True, replaces=True),
        "description": Property(),
        "forceDelete": Property(default=False, write_only=True),
        "key": Property(required=True, replaces=True),
        "name": Property(replaces=True, autoname=AutoName(max_length=100)),
        "process": Property(default=False, replaces=True, write_only=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def create(self, aws: Aws, inputs: Values) -> str:
        description = {"Description": inputs["description"]} if inputs.get("description") else {}
        answer = aws.client("elasticbeanstalk").create_application_version(
            ApplicationName=inputs["application"],
            VersionLabel=inputs["name"],
            SourceBundle={"S3Bucket": inputs["bucket"], "S3Key": inputs["key"]},
            Process=inputs["process"],
            Tags=to_records(inputs["tagsAll"]),
            **description,
        )
        return str(answer["ApplicationVersion"]["VersionLabel"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        version = _find(aws, id, state)
        if version is None:
            return None
        return {
            "application": version["ApplicationName"],
            "bucket": version["SourceBundle"]["S3Bucket"],
            "description": version.get("Description"),
            "key": version["SourceBundle"]["S3Key"],
            "name": version["VersionLabel"],
            "tags": read_tags(aws, version["ApplicationVersionArn"]),
            "arn": version["ApplicationVersionArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "description" in changed:
            aws.client("elasticbeanstalk").update_application_version(
                ApplicationName=new["application"], VersionLabel=id, Description=new.get("description", "")
            )

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        change_tags(aws, state["arn"], add, remove)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        version = _find(aws, id, state)
        if version is None:
            return
        beanstalk = aws.client("elasticbeanstalk")
        named = {"ApplicationName": version["ApplicationName"], "VersionLabel": id}
        if not state.get("forceDelete"):
            users = beanstalk.describe_environments(**named, IncludeDeleted=False)["Environments"]
            names = [user["EnvironmentName"] for user in users if user["Status"] != "Terminated"]
            if names:
                raise VersionInUseError(f"version {id} runs in {', '.join(names)}; forceDelete would delete it still")
        beanstalk.delete_application_version(**named, DeleteSourceBundle=False)


def _find(aws: Aws, id: str, state: Values) -> Mapping[str, Any] | None:
    """The version, of the application in the state, or in an import of the only one that has such a version."""
    application = {"ApplicationName": state["application"]} if "application" in state else {}
    answer = aws.client("elasticbeanstalk").describe_application_versions(**application, VersionLabels=[id])
    versions: list[Mapping[str, Any]] = answer["ApplicationVersions"]
    return versions[0] if len(versions) == 1 else None
