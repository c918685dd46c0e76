"""Policies of roles: inline ones, managed ones, and which of these are attached."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging

NOT_FOUND = ("NoSuchEntity",)
NOT_ENFORCED = "Stored, and not enforced: every caller may do everything."
_VERSIONS = 5
"""What AWS keeps of a managed policy ("IAM and AWS STS quotas")."""


@adapter
class RolePolicy(Adapter):
    """A role's inline policy; its id is ``<role>:<name>``."""

    token = "aws:iam/rolePolicy:RolePolicy"
    service = "iam"
    not_found = NOT_FOUND
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=128)),
        "role": Property(required=True, replaces=True),
        "policy": Property(required=True, json=True),
    }
    emulation = NOT_ENFORCED

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        role, _, name = id.partition(":")
        policy = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"name": name, "role": role, "policy": as_document(policy["PolicyDocument"])}

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._put(aws, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        role, _, name = id.partition(":")
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def _put(self, aws: Aws, inputs: Values) -> None:
        aws.client("iam").put_role_policy(
            RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
        )


@adapter
class Policy(Adapter):
    """A customer managed policy; its id is its ARN. A change of the document makes a new version the default one."""

    token = "aws:iam/policy:Policy"
    service = "iam"
    tagging = Tagging(
        service="iam",
        resource="PolicyArn",
        reading="list_policy_tags",
        setting="tag_policy",
        removing="untag_policy",
    )
    not_found = NOT_FOUND
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=128)),
        "path": Property(default="/", replaces=True),
        "description": Property(replaces=True),
        "policy": Property(required=True, json=True),
        "tags": TAGS,
    }
    outputs = ("arn", "attachmentCount", "policyId")
    emulation = NOT_ENFORCED

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("iam").create_policy(
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
            Tags=tags.to_records(inputs["tagsAll"]),
            **arguments(inputs, {"path": "Path", "description": "Description"}),
        )
        return str(answer["Policy"]["Arn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        iam = aws.client("iam")
        policy = iam.get_policy(PolicyArn=id)["Policy"]
        version = iam.get_policy_version(PolicyArn=id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "description": policy.get("Description"),
            "policy": as_document(version["Document"]),
            "tags": tags.from_records(policy.get("Tags")),
            "arn": policy["Arn"],
            "attachmentCount": policy["AttachmentCount"],
            "policyId": policy["PolicyId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # The official provider makes room in the same way.
        if len(others := self._other_versions(aws, id)) >= _VERSIONS - 1:
            aws.client("iam").delete_policy_version(PolicyArn=id, VersionId=others[0])
        aws.client("iam").create_policy_version(PolicyArn=id, PolicyDocument=new["policy"], SetAsDefault=True)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        for version in self._other_versions(aws, id):
            aws.client("iam").delete_policy_version(PolicyArn=id, VersionId=version)
        aws.client("iam").delete_policy(PolicyArn=id)

    def _other_versions(self, aws: Aws, id: str) -> list[str]:
        """The versions that are not the default one, oldest first."""
        pages = aws.client("iam").get_paginator("list_policy_versions").paginate(PolicyArn=id)
        versions = [version for page in pages for version in page["Versions"] if not version["IsDefaultVersion"]]
        return [version["VersionId"] for version in sorted(versions, key=lambda each: int(each["VersionId"][1:]))]


@adapter
class RolePolicyAttachment(Adapter):
    """A managed policy on a role; its id is ``<role>/<policy ARN>``, which ``pulumi import`` takes."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    service = "iam"
    not_found = NOT_FOUND
    properties = {
        "role": Property(required=True, replaces=True),
        "policyArn": Property(required=True, replaces=True),
    }
    emulation = NOT_ENFORCED

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        role, _, policy_arn = id.partition("/")
        pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]
        return {"role": role, "policyArn": policy_arn} if policy_arn in attached else None

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        role, _, policy_arn = id.partition("/")
        aws.client("iam").detach_role_policy(RoleName=role, PolicyArn=policy_arn)


def as_document(value: Any) -> str:
    """A policy document as text: AWS sends it URL-encoded, and boto3 has decoded it where it could."""
    return unquote(value) if isinstance(value, str) else json.dumps(value)
