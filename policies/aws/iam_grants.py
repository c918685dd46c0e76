"""What the statements of policies grant, of what, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from policies.aws.documents import allows, conditions, is_for_everybody, statements, texts
from policies.generated.aws_types import iam
from policies.model.properties import Known, Properties, Reading, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, Undecided, Violation

GRANTING = (iam.RolePolicy, iam.Policy, iam.Role, iam.UserPolicy, iam.GroupPolicy)
"""What holds IAM's own policies; a role in ``inlinePolicies``."""

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
"""Conditions that narrow everybody down to somebody ("AWS global condition context keys")."""


def is_public(statement: Properties) -> bool:
    """Whether it admits everybody, without a condition on who that is."""
    if not (allows(statement) and is_for_everybody(statement)):
        return False
    return not any(key in _WHO and "*" not in values for _, key, values in conditions(statement))


def not_public(resource: Resource, _: Config) -> Findings:
    """The check of rules that ask a resource's own ``policy`` to admit nobody unnamed."""
    document = resource.properties.read_json("policy")
    if isinstance(document, Unknown):
        yield Undecided(resource=resource, path="policy")
    for index, statement in enumerate(statements(document)):
        if is_public(statement):
            yield Violation(
                resource=resource,
                has=f"a policy whose statement {index} admits everybody",
                must="its principals named, or a condition on who they are",
                part=f"Statement[{index}]",
            )


def of_each_grant(check: Callable[[Resource, Properties], Findings]) -> Callable[[Resource, Config], Findings]:
    """The check of a rule about each statement with which an identity's policies allow something."""

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
    """The actions that it names, sorted."""
    return tuple(sorted(texts(statement.read("Action"))))


def resources(statement: Properties) -> tuple[str, ...]:
    """The ARNs that it names, sorted."""
    return tuple(sorted(texts(statement.read("Resource"))))


def is_everything(arn: str) -> bool:
    """Whether it stands for all resources, or for all of a service: ``*``, ``arn:aws:s3:::*``."""
    return arn == "*" or set("".join(arn.split(":")[3:])) == {"*"}


def is_all_of_a_kind(arn: str) -> bool:
    """Whether it stands for everything, or for all resources of one kind: ``arn:aws:kms:eu-west-3:1:key/*``."""
    return is_everything(arn) or re.split("[/:]", arn.split(":", 5)[-1], maxsplit=1)[-1] == "*"
