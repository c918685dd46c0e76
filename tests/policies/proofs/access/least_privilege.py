"""What roles may do: see ``policies/rules/access/least_privilege.py``."""

from __future__ import annotations

import json

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.access.least_privilege import (
    IAM_NAMED_KEYS,
    IAM_NAMED_SECRETS,
    IAM_NO_ADMIN,
    IAM_NO_ESCALATION,
    IAM_NO_SERVICE_WILDCARD,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.proof import Breakage, Nodes, Proof, replaced

BUCKET = "arn:aws:s3:::shop"
ROLES = "arn:aws:iam::123456789012:role/*"
SECRETS = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:"
KEYS = "arn:aws:kms:eu-west-3:123456789012:key/"
NOTHING = node(aws.iam.RolePolicy, "rights")
UNTOLD = (NOTHING.but(policy=UNKNOWN),)
VPC = (node(aws.ec2.Vpc, "vpc"),)


def _document(actions: object, resources: object, **more: object) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _allowing(actions: object, resources: object, **more: object) -> Nodes:
    return (NOTHING.but(policy=_document(actions, resources, **more)),)


def _inline(actions: object, resources: object) -> Nodes:
    return (node(aws.iam.Role, "role", inlinePolicies=[{"name": "rights", "policy": _document(actions, resources)}]),)


def _also_allowing(action: str, resource: str) -> Breakage:
    """The Windows server's role may do more."""

    def broken(policy: Node) -> Node:
        document = json.loads(policy.properties["policy"])
        document["Statement"].append({"Effect": "Allow", "Action": action, "Resource": resource})
        return policy.but(policy=json.dumps(document))

    return replaced(aws.iam.RolePolicy, "operations-windows-rights", broken)


PROOFS = (
    Proof(
        rule=IAM_NO_ADMIN,
        passing={
            "one action": _allowing("s3:GetObject", f"{BUCKET}/*"),
            "denied": _allowing("*", "*", Effect="Deny"),
            "single statement": (
                NOTHING.but(policy=json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:GetObject"}})),
            ),
            "attached": (
                node(
                    aws.iam.RolePolicyAttachment,
                    "attachment",
                    policyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                ),
            ),
        },
        failing={
            "everything": _allowing("*", "*"),
            "in lists": _allowing(["s3:GetObject", "*"], [BUCKET, "*"]),
            "other spelling": _allowing("*:*", "arn:aws:*:*:*:*"),
            "single statement": (
                NOTHING.but(policy=json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})),
            ),
            "inline": _inline("*", "*"),
            "policy": (node(aws.iam.Policy, "policy", policy=_document("*", "*")),),
            "attached": (
                node(
                    aws.iam.RolePolicyAttachment, "attachment", policyArn="arn:aws:iam::aws:policy/AdministratorAccess"
                ),
            ),
            "managed": (
                node(aws.iam.Role, "role", managedPolicyArns=["arn:aws-cn:iam::aws:policy/AdministratorAccess"]),
            ),
        },
        absent=(NOTHING,),
        absent_is=Status.PASSED,
        unknown=UNTOLD,
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=_also_allowing("*", "*"),
    ),
    Proof(
        rule=IAM_NO_SERVICE_WILDCARD,
        passing={
            "named": _allowing(["s3:GetObject", "s3:Put*"], f"{BUCKET}/*"),
            "looking around": _allowing(["ec2:DescribeInstances", "s3:ListAllMyBuckets"], "*"),
            "not to be narrowed down": _allowing(["ssm:GetCommandInvocation", "ssmmessages:*"], "*"),
        },
        failing={
            "service": _allowing("s3:*", f"{BUCKET}/*"),
            "every resource": _allowing("s3:GetObject", "*"),
            "every bucket": _allowing("s3:GetObject", "arn:aws:s3:::*"),
            "everything of one": _allowing("*", BUCKET),
            "all but": _allowing([], BUCKET, NotAction="s3:DeleteObject"),
            "all resources but": _allowing("s3:GetObject", [], NotResource=BUCKET),
            "inline": _inline("s3:*", BUCKET),
        },
        absent=(NOTHING,),
        absent_is=Status.PASSED,
        unknown=UNTOLD,
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=_also_allowing("s3:*", "arn:aws:s3:::client-temp-storage/*"),
    ),
    Proof(
        rule=IAM_NO_ESCALATION,
        passing={
            "one role": _allowing(["iam:PassRole", "sts:AssumeRole"], "arn:aws:iam::123456789012:role/deploy"),
            "reading": _allowing("iam:Get*", "*"),
        },
        failing={
            "hands on any role": _allowing("iam:PassRole", ROLES),
            "takes on any role": _allowing("sts:AssumeRole", "*"),
            "rewrites a policy": _allowing("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/own"),
            "by wildcard": _allowing("iam:Put*", "arn:aws:iam::123456789012:role/own"),
            "in small letters": _allowing("iam:attachrolepolicy", "arn:aws:iam::123456789012:role/own"),
        },
        absent=(NOTHING,),
        absent_is=Status.PASSED,
        unknown=UNTOLD,
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=_also_allowing("iam:PassRole", ROLES),
    ),
    Proof(
        rule=IAM_NAMED_SECRETS,
        passing={
            "named": _allowing("secretsmanager:GetSecretValue", f"{SECRETS}database-1a2b3c"),
            "a folder": _allowing("secretsmanager:GetSecretValue", f"{SECRETS}shop/*"),
            "listing": _allowing("secretsmanager:ListSecrets", "*"),
            "of one stack": _allowing(
                "secretsmanager:GetSecretValue",
                f"{SECRETS}*",
                Condition={"StringEquals": {"secretsmanager:ResourceTag/Environment": "prod"}},
            ),
        },
        failing={
            "all": _allowing("secretsmanager:GetSecretValue", f"{SECRETS}*"),
            "by wildcard": _allowing("secretsmanager:Get*", f"{SECRETS}*"),
            "parameters": _allowing("ssm:GetParameter", "arn:aws:ssm:eu-west-3:123456789012:parameter/*"),
            "of any tag": _allowing(
                "secretsmanager:GetSecretValue",
                f"{SECRETS}*",
                Condition={"StringLike": {"aws:ResourceTag/Environment": "*"}},
            ),
            "of another condition": _allowing(
                "secretsmanager:GetSecretValue",
                f"{SECRETS}*",
                Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-3"}},
            ),
        },
        absent=(NOTHING,),
        absent_is=Status.PASSED,
        unknown=UNTOLD,
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=_also_allowing("secretsmanager:GetSecretValue", f"{SECRETS}*"),
    ),
    Proof(
        rule=IAM_NAMED_KEYS,
        passing={"named": _allowing("kms:Decrypt", f"{KEYS}1"), "encrypting": _allowing("kms:Encrypt", f"{KEYS}*")},
        failing={"all": _allowing("kms:Decrypt", f"{KEYS}*"), "by wildcard": _allowing("kms:De*", f"{KEYS}*")},
        absent=(NOTHING,),
        absent_is=Status.PASSED,
        unknown=UNTOLD,
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=_also_allowing("kms:Decrypt", f"{KEYS}*"),
    ),
)
