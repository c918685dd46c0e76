"""Roles."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.iam.policies import NOT_ENFORCED, NOT_FOUND, as_document
from sandbox.provider.aws.tags import Tagging


@adapter
class Role(Adapter):
    token = "aws:iam/role:Role"
    service = "iam"
    tagging = Tagging(
        service="iam",
        resource="RoleName",
        reading="list_role_tags",
        setting="tag_role",
        removing="untag_role",
    )
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
            "assumeRolePolicy": as_document(role["AssumeRolePolicyDocument"]),
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
