"""IAM: roles, their policies and instance profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments

NOT_FOUND = ("NoSuchEntity",)
NOT_ENFORCED = "Stored, and not enforced: every caller may do everything."


@adapter
class Role(Adapter):
    token = "aws:iam/role:Role"
    service = "iam"
    not_found = NOT_FOUND
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=64)),
        "path": Property(default="/", replaces=True),
        "assumeRolePolicy": Property(required=True, json=True),
        "description": Property(),
        "maxSessionDuration": Property(default=3600),
        "permissionsBoundary": Property(),
        "forceDetachPolicies": Property(
            default=False, kept="Tells the provider to detach the role's policies before deleting it."
        ),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "uniqueId")
    emulation = NOT_ENFORCED

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("iam").create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Tags=tags.to_records(inputs["tagsAll"]),
            **arguments(
                inputs,
                {
                    "path": "Path",
                    "description": "Description",
                    "maxSessionDuration": "MaxSessionDuration",
                    "permissionsBoundary": "PermissionsBoundary",
                },
            ),
        )
        return str(answer["Role"]["RoleName"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        role = aws.client("iam").get_role(RoleName=id)["Role"]
        return {
            "name": role["RoleName"],
            "path": role["Path"],
            "assumeRolePolicy": _document(role["AssumeRolePolicyDocument"]),
            "description": role.get("Description"),
            "maxSessionDuration": role["MaxSessionDuration"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": tags.from_records(role.get("Tags")),
            "arn": role["Arn"],
            "createDate": role["CreateDate"].isoformat(),
            "uniqueId": role["RoleId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        iam = aws.client("iam")
        if "assumeRolePolicy" in changed:
            iam.update_assume_role_policy(RoleName=id, PolicyDocument=new["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            iam.update_role(
                RoleName=id,
                Description=new.get("description") or "",
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in changed:
            if new.get("permissionsBoundary"):
                iam.put_role_permissions_boundary(RoleName=id, PermissionsBoundary=new["permissionsBoundary"])
            else:
                iam.delete_role_permissions_boundary(RoleName=id)

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        iam = aws.client("iam")
        if remove:
            iam.untag_role(RoleName=id, TagKeys=list(remove))
        if add:
            iam.tag_role(RoleName=id, Tags=tags.to_records(add))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        iam = aws.client("iam")
        # AWS keeps a role that an instance profile holds; the official provider takes it out, forced or not.
        for profile in iam.list_instance_profiles_for_role(RoleName=id)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=id)
        if state.get("forceDetachPolicies"):
            for policy in iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=id, PolicyArn=policy["PolicyArn"])
            for name in iam.list_role_policies(RoleName=id)["PolicyNames"]:
                iam.delete_role_policy(RoleName=id, PolicyName=name)
        iam.delete_role(RoleName=id)


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
        return {"name": name, "role": role, "policy": _document(policy["PolicyDocument"])}

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


@adapter
class InstanceProfile(Adapter):
    token = "aws:iam/instanceProfile:InstanceProfile"
    service = "iam"
    not_found = NOT_FOUND
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=128)),
        "path": Property(default="/", replaces=True),
        "role": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "uniqueId")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("iam").create_instance_profile(
            InstanceProfileName=inputs["name"], Path=inputs["path"], Tags=tags.to_records(inputs["tagsAll"])
        )
        return str(answer["InstanceProfile"]["InstanceProfileName"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._hold(aws, id, inputs.get("role"))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        profile = aws.client("iam").get_instance_profile(InstanceProfileName=id)["InstanceProfile"]
        return {
            "name": profile["InstanceProfileName"],
            "path": profile["Path"],
            "role": next((role["RoleName"] for role in profile["Roles"]), None),
            "tags": tags.from_records(profile.get("Tags")),
            "arn": profile["Arn"],
            "createDate": profile["CreateDate"].isoformat(),
            "uniqueId": profile["InstanceProfileId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._hold(aws, id, new.get("role"))

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        iam = aws.client("iam")
        if remove:
            iam.untag_instance_profile(InstanceProfileName=id, TagKeys=list(remove))
        if add:
            iam.tag_instance_profile(InstanceProfileName=id, Tags=tags.to_records(add))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self._hold(aws, id, None)
        aws.client("iam").delete_instance_profile(InstanceProfileName=id)

    def _hold(self, aws: Aws, id: str, role: str | None) -> None:
        """Let it hold this role and no other, none with ``None``; it has room for one."""
        iam = aws.client("iam")
        held = [
            held["RoleName"] for held in iam.get_instance_profile(InstanceProfileName=id)["InstanceProfile"]["Roles"]
        ]
        for other in held:
            if other != role:
                iam.remove_role_from_instance_profile(InstanceProfileName=id, RoleName=other)
        if role and role not in held:
            iam.add_role_to_instance_profile(InstanceProfileName=id, RoleName=role)


def _document(value: Any) -> str:
    """A policy document as text: AWS sends it URL-encoded, and boto3 has decoded it where it could."""
    return unquote(value) if isinstance(value, str) else json.dumps(value)
