"""``aws.elasticbeanstalk.ApplicationVersion``: a bundle in S3 that an environment can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.elasticbeanstalk.tagging import TAGGING, refused_tags
from sandbox.provider.aws.tags import to_records


@adapter
class ApplicationVersion(Adapter):
    """Its id is its label. Labels are unique in an application only, so that an import of one that several have
    fails."""

    token = "aws:elasticbeanstalk/applicationVersion:ApplicationVersion"
    service = "elasticbeanstalk"
    tagging = TAGGING
    properties = {
        "application": Property(required=True, replaces=True),
        "bucket": Property(required=True, replaces=True),
        "description": Property(),
        "forceDelete": Property(default=False, kept="the embedded AWS never deletes a version that is in use"),
        "key": Property(required=True, replaces=True),
        "name": Property(required=True, replaces=True),
        "process": Property(default=False, write_only=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return refused_tags(inputs)

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elasticbeanstalk").create_application_version(
            ApplicationName=inputs["application"],
            VersionLabel=inputs["name"],
            Description=inputs.get("description") or "",
            SourceBundle={"S3Bucket": inputs["bucket"], "S3Key": inputs["key"]},
            Process=inputs["process"],
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["ApplicationVersion"]["VersionLabel"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        version = _find(aws, id, state)
        if version is None:
            return None
        return {
            "application": version["ApplicationName"],
            "bucket": version["SourceBundle"]["S3Bucket"],
            "description": version.get("Description") or None,
            "key": version["SourceBundle"]["S3Key"],
            "name": version["VersionLabel"],
            "tags": self.tagging.read(aws, version["ApplicationVersionArn"]),
            "arn": version["ApplicationVersionArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "description" in changed:
            aws.client("elasticbeanstalk").update_application_version(
                ApplicationName=new["application"], VersionLabel=id, Description=new.get("description") or ""
            )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        if _find(aws, id, state) is None:
            return
        aws.client("elasticbeanstalk").delete_application_version(ApplicationName=state["application"], VersionLabel=id)


def _find(aws: Aws, id: str, state: Values) -> Mapping[str, Any] | None:
    """The version of the application in ``state``, or of any when that says none."""
    named = {"ApplicationName": state["application"]} if state.get("application") else {}
    answer = aws.client("elasticbeanstalk").describe_application_versions(**named, VersionLabels=[id])
    found: list[Mapping[str, Any]] = answer["ApplicationVersions"]
    if len(found) > 1:
        owners = ", ".join(sorted(each["ApplicationName"] for each in found))
        raise ValueError(f"application version {id}: got versions of {owners}, expected one")
    return next(iter(found), None)
