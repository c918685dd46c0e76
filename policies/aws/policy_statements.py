"""Reads the statements of IAM policies and of policies on resources: actions, resources and principals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from policies.aws.policy_documents import allows, conditions, is_for_everyone, statements, texts
from policies.generated.aws_types import iam
from policies.model.properties import Known, Properties, Reading, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, Undecided, Violation

GRANTING = (iam.RolePolicy, iam.Policy, iam.Role, iam.UserPolicy, iam.GroupPolicy)
"""The types that hold IAM policies; a role holds them in ``inlinePolicies``."""

_WHO = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "kms:calleraccount",
    }
)
"""Condition keys that limit who the principal is ("AWS global condition context keys")."""


def is_public(statement: Properties) -> bool:
    """Whether the statement allows everyone, without a condition on who that is."""
    if not (allows(statement) and is_for_everyone(statement)):
        return False
    return not any(key in _WHO and "*" not in values for _, key, values in conditions(statement))


def not_public(resource: Resource, _: Config) -> Findings:
    """The check of rules that refuse a resource's ``policy`` that allows everyone."""
    document = resource.properties.read_json("policy")
    if isinstance(document, Unknown):
        yield Undecided(resource=resource, path="policy")
    for index, statement in enumerate(statements(document)):
        if is_public(statement):
            yield Violation(
                resource=resource,
                got=f"policy.Statement[{index}] that allows everyone",
                expected="named principals, or a condition on who they are",
                part=f"Statement[{index}]",
            )


def of_each_grant(check: Callable[[Resource, Properties], Findings]) -> Callable[[Resource, Config], Findings]:
    """The check of a rule that looks at each Allow statement of an identity's policies."""

    def check_all(resource: Resource, _: Config) -> Findings:
        for path, document in _documents(resource):
            if isinstance(document, Unknown):
                yield Undecided(resource=resource, path=path)
            for statement in statements(document):
                if allows(statement):
                    yield from check(resource, statement)

    return check_all


def _documents(resource: Resource) -> Iterator[tuple[str, Reading]]:
    if not resource.is_a(iam.Role):
        yield "policy", resource.properties.read_json("policy")
        return
    for index, element in enumerate(resource.properties.each("inlinePolicies")):
        path = f"inlinePolicies[{index}].policy"
        match element:
            case Known(Properties() as inline):
                yield path, inline.read_json("policy")
            case _:
                yield path, element


def actions(statement: Properties) -> tuple[str, ...]:
    """The actions that the statement names, sorted."""
    return tuple(sorted(texts(statement.read("Action"))))


def resources(statement: Properties) -> tuple[str, ...]:
    """The ARNs that the statement names, sorted."""
    return tuple(sorted(texts(statement.read("Resource"))))


def is_everything(arn: str) -> bool:
    """Whether the ARN matches all resources, or all of a service: ``*``, ``arn:aws:s3:::*``."""
    return arn == "*" or set("".join(arn.split(":")[3:])) == {"*"}


def is_all_of_a_kind(arn: str) -> bool:
    """Whether the ARN matches everything, or all resources of one kind: ``arn:aws:kms:eu-west-3:1:key/*``."""
    return is_everything(arn) or re.split("[/:]", arn.split(":", 5)[-1], maxsplit=1)[-1] == "*"
