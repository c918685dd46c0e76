"""The role that releases: see ``policies/rules/access/release_role.py``."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.access.release_role import RELEASE_ROLE_LISTED, SSM_OWN_DOCUMENTS
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.proof import Nodes, Proof, added, replaced

ROLE = node(aws.iam.Role, "release-role", tags={"System": "releases"})
OTHER = node(aws.iam.Role, "rundeck-role", tags={"System": "rundeck"})
RIGHTS = node(aws.iam.RolePolicy, "rights")
MANAGED = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"


def _rights(*actions: str, role: Node = ROLE, effect: str = "Allow") -> Nodes:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "arn:aws:s3:::shop"}
    return (role, node(aws.iam.RolePolicy, "rights", role=role, policy=json.dumps({"Statement": [statement]})))


COPY = "arn:aws:rds:eu-west-3:123456789012:db:client-prod-site-for-preprod"
PROTECTED, UNPROTECTED = (
    node(aws.rds.Instance, "database", deletionProtection=protected) for protected in (True, False)
)
UNSURE = PROTECTED.derived(deletionProtection=UNKNOWN)
REFRESH = ("rds:RestoreDBInstanceFromDBSnapshot", "rds:DeleteDBInstance", "rds:DescribeDBInstances")


def _managed(*actions: str, role: Node = ROLE, resource: str = COPY) -> Nodes:
    """A policy of the stack's own, and its attachment to the role."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    policy = node(aws.iam.Policy, "managed", policy=json.dumps({"Statement": [statement]}))
    return (policy, node(aws.iam.RolePolicyAttachment, "may-refresh", role=role, policyArn=policy))


def _inline(*actions: str) -> Nodes:
    return _rights(*actions)[1:]


def _refreshing_production(nodes: Sequence[Node]) -> list[Node]:
    (role,) = (each for each in nodes if each.name == "releases-role")
    return added(*_managed(*REFRESH, role=role))(nodes)


def _sending(resource: str, action: str = "ssm:SendCommand") -> Nodes:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return (RIGHTS.but(policy=json.dumps({"Statement": [statement]})),)


def _sending_scripts(policy: Node) -> Node:
    document = json.loads(policy.properties["policy"])
    documents = next(each for each in document["Statement"] if each["Action"] == ["ssm:SendCommand"])
    documents["Resource"].append("arn:aws:ssm:eu-west-3::document/AWS-RunShellScript")
    return policy.but(policy=json.dumps(document))


PROOFS = (
    Proof(
        rule=RELEASE_ROLE_LISTED,
        passing={
            "listed": _rights("s3:GetObject", "ssm:SendCommand"),
            "another role": _rights("ec2:RunInstances", role=OTHER),
            "denied": _rights("ec2:RunInstances", effect="Deny"),
            "a refresh, where data may be replaced": (UNPROTECTED, ROLE, *_managed(*REFRESH)),
        },
        failing={
            "not listed": _rights("s3:GetObject", "ec2:RunInstances"),
            "by wildcard": _rights("s3:Get*"),
            "everything": _rights("*"),
            "a managed policy": (ROLE, node(aws.iam.RolePolicyAttachment, "more", role=ROLE, policyArn=MANAGED)),
            "not listed, in a policy of its own": (UNPROTECTED, ROLE, *_managed("rds:ModifyDBInstance")),
            "a refresh of what is protected": (UNPROTECTED, PROTECTED, ROLE, *_managed(*REFRESH)),
            "a refresh of what may be protected": (UNSURE, ROLE, *_managed(*REFRESH)),
            "a refresh of what is protected, inline": (PROTECTED, ROLE, *_inline(*REFRESH)),
            "deletes any database": (UNPROTECTED, ROLE, *_managed(*REFRESH, resource=COPY.replace("prod-site", "*"))),
            "deletes any snapshot": (UNPROTECTED, ROLE, *_managed("rds:DeleteDBSnapshot", resource="*")),
        },
        absent=(ROLE, node(aws.iam.RolePolicy, "rights", role=ROLE)),
        absent_is=Status.PASSED,
        unknown=(ROLE, node(aws.iam.RolePolicy, "rights", role=ROLE).derived(policy=UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(ROLE, OTHER),
        breakage=_refreshing_production,
    ),
    Proof(
        rule=SSM_OWN_DOCUMENTS,
        passing={
            "own": _sending("arn:aws:ssm:eu-west-3:123456789012:document/client-prod-migrate"),
            "own by prefix": _sending("arn:aws:ssm:eu-west-3:123456789012:document/client-prod-*"),
            "instances": _sending("arn:aws:ec2:eu-west-3:123456789012:instance/*"),
            "reading": _sending("*", "ssm:GetCommandInvocation"),
        },
        failing={
            "AWS's": _sending("arn:aws:ssm:eu-west-3::document/AWS-RunShellScript"),
            "all": _sending("arn:aws:ssm:eu-west-3:123456789012:document/*"),
            "of every account": _sending("arn:aws:ssm:*:*:document/AWS-RunPowerShellScript"),
            "everything": _sending("*"),
            "by wildcard": _sending("arn:aws:ssm:eu-west-3::document/AWS-RunShellScript", "ssm:Send*"),
        },
        absent=(RIGHTS,),
        absent_is=Status.PASSED,
        unknown=(RIGHTS.but(policy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(node(aws.ec2.Vpc, "vpc"),),
        breakage=replaced(aws.iam.RolePolicy, "releases-rights", _sending_scripts),
    ),
)
