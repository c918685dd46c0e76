"""Policies of roles: inline ones, and attached ones."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from sandbox.provider.adapter import Adapter, AutoName, Aws, Property, Values, adapter

NOT_FOUND = ("NoSuchEntity",)
NOT_ENFORCED = "Stored, and not enforced: every caller may do everything."


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
