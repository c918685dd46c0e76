"""Security groups and the rules that let something into them, for rules on who may talk to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi_aws as aws

from tests.policies.analyzer import Node, node, token_of
from tests.policies.proof import Breakage, replaced

PORTS = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}


def group(name: str, system: str = "", environment: str = "test") -> Node:
    """A security group with its tags; the system is the group's name unless it is given."""
    tags = {"System": system or name, "Environment": environment}
    return node(aws.ec2.SecurityGroup, f"{name}-group", description="Proves a rule", tags=tags)


def ingress(into: Node | str, name: str = "ingress", /, **properties: Any) -> Node:
    """A rule in the spelling of the program; HTTPS unless it says otherwise."""
    return node(
        aws.vpc.SecurityGroupIngressRule,
        name,
        **{"securityGroupId": into, "description": "Proves a rule", **PORTS, **properties},
    )


def old_ingress(into: Node, **properties: Any) -> Node:
    """The same in the spelling of old, with lists of ranges."""
    spelled = {"type": "ingress", "protocol": "tcp", "fromPort": 443, "toPort": 443, "description": "Proves a rule"}
    return node(aws.ec2.SecurityGroupRule, "old-ingress", **{"securityGroupId": into, **spelled, **properties})


def inline(into: Node, **properties: Any) -> Node:
    """A group with one rule in its own list, from ranges or ids."""
    rule = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "description": "Proves a rule", **properties}
    return into.but(ingress=[rule])


def named(nodes: Sequence[Node], kind: type, name: str) -> Node:
    """Production's resource of a type and name. ValueError if there is none."""
    (found,) = (each for each in nodes if each.token == token_of(kind) and each.name == name)
    return found


def allows_instead(rule: str, source: str) -> Breakage:
    """Production with one ingress rule that lets another security group in than it does."""

    def breakage(nodes: Sequence[Node]) -> list[Node]:
        urn = named(nodes, aws.ec2.SecurityGroup, source).urn
        changed = replaced(
            aws.vpc.SecurityGroupIngressRule, rule, lambda each: each.taken_from(referencedSecurityGroupId=(urn,))
        )
        return changed(nodes)

    return breakage
