"""Secrets and keys: see ``policies/rules/access/secrets.py``."""

from __future__ import annotations

import base64
import gzip
import json

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.access.secrets import (
    KMS_DELETION_WINDOW,
    KMS_NOT_PUBLIC,
    KMS_ROTATION,
    NO_PLAINTEXT_SECRETS,
    SECRET_NOT_PUBLIC,
    SECRET_RECOVERY_WINDOW,
    SSM_DOCUMENT_PRIVATE,
    SSM_SECURE_STRING,
)
from tests.policies.analyzer import UNKNOWN, Node, node, secret
from tests.policies.proof import Nodes, Proof, added, changed, replaced

VPC = node(aws.ec2.Vpc, "vpc")
VALUE = node(aws.secretsmanager.SecretVersion, "value", secretId="arn:aws:secretsmanager:eu-west-3:1:secret:db-1a2b3c")
FILE = node(aws.s3.BucketObjectv2, "file")
SEARCH = node(aws.opensearch.Domain, "search")
DISTRIBUTION = node(aws.cloudfront.Distribution, "media")
PARAMETER = node(aws.ssm.Parameter, "parameter", type="SecureString", value=secret("tulip"))
SECRET = node(aws.secretsmanager.Secret, "secret")
DOCUMENT = node(aws.ssm.Document, "restart", documentType="Command", content="{}")
KEY = node(aws.kms.Key, "key", enableKeyRotation=True)


def _master(password: object) -> Nodes:
    options = {"masterUserName": "magento", "masterUserPassword": password}
    return (SEARCH.but(advancedSecurityOptions={"enabled": True, "masterUserOptions": options}),)


def _header(name: str, value: str) -> Nodes:
    return (DISTRIBUTION.but(origins=[{"customHeaders": [{"name": name, "value": value}]}]),)


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def _policy(principal: object, **condition: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    return json.dumps({"Statement": [{**statement, "Condition": condition} if condition else statement]})


def _unmarked(file: Node) -> Node:
    return file.but(content=file.properties["content"]["value"])


PROOFS = (
    Proof(
        rule=NO_PLAINTEXT_SECRETS,
        passing={
            "marked": (VALUE.but(secretString=secret("tulip in june")),),
            "marked, at preview": (VALUE.but(secretString=secret(UNKNOWN)),),
            "marked deep down": _master(secret("tulip in june")),
            "where it is": _header("X-Origin-Token", "{{resolve:secretsmanager:origin}}"),
            "about a secret": (SECRET.but(description="The password of the database, and who reads it"),),
            "certificate": (node(aws.acm.Certificate, "c", certificateBody="-----BEGIN CERTIFICATE-----\nMIIDBjCC"),),
            "ordinary file": (FILE.but(content="server { listen 80; }"),),
        },
        failing={
            "not marked": (VALUE.but(secretString="tulip in june"),),
            "not marked deep down": _master("tulip in june"),
            "beside its name": _header("X-Origin-Token", "tulip in june"),
            "private key": (FILE.but(content="-----BEGIN EC PRIVATE KEY-----\nMIIE"),),
            "address": (VPC.but(tags={"Name": "mysql://magento:tulip@db.client.url/magento"}),),
            "packed": (FILE.but(contentBase64=_packed("MYSQL_PASSWORD='tulip in june'")),),
            "file within a file": (FILE.but(content=f"content: {_packed('api_key: 4f9c2e71d0')}"),),
        },
        absent=(VALUE,),
        absent_is=Status.PASSED,
        unknown=(VALUE.but(secretString=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=None,
        breakage=replaced(aws.s3.BucketObjectv2, "site-configuration-env", _unmarked),
    ),
    Proof(
        rule=SSM_SECURE_STRING,
        passing={"encrypted": (PARAMETER,)},
        failing={
            "plain": (PARAMETER.but(type="String"),),
            "list": (PARAMETER.but(type="StringList"),),
            "insecure": (PARAMETER.but(value=None, insecureValue="tulip"),),
        },
        absent=(PARAMETER.but(type=None),),
        unknown=(PARAMETER.but(type=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=added(PARAMETER.but(type="String")),
    ),
    Proof(
        rule=SECRET_RECOVERY_WINDOW,
        passing={"a week": (SECRET.but(recoveryWindowInDays=7),)},
        failing={"none": (SECRET.but(recoveryWindowInDays=0),)},
        absent=(SECRET,),
        absent_is=Status.PASSED,
        unknown=(SECRET.but(recoveryWindowInDays=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.secretsmanager.Secret, "site-configuration-crypt-secret", recoveryWindowInDays=0),
    ),
    Proof(
        rule=SECRET_NOT_PUBLIC,
        passing={
            "one role": (SECRET.but(policy=_policy({"AWS": "arn:aws:iam::123456789012:role/web"})),),
            "own organisation": (SECRET.but(policy=_policy("*", StringEquals={"aws:PrincipalOrgID": "o-1a2b3c"})),),
        },
        failing={
            "everyone": (SECRET.but(policy=_policy("*")),),
            "every account": (SECRET.but(policy=_policy({"AWS": ["*"]})),),
            "condition on no one": (SECRET.but(policy=_policy("*", Bool={"aws:SecureTransport": "true"})),),
            "condition on anyone": (SECRET.but(policy=_policy("*", StringLike={"aws:SourceAccount": "*"})),),
            "its own resource": (node(aws.secretsmanager.SecretPolicy, "policy", policy=_policy("*")),),
        },
        absent=(SECRET,),
        absent_is=Status.PASSED,
        unknown=(SECRET.but(policy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(aws.secretsmanager.Secret, "site-configuration-crypt-secret", policy=_policy("*")),
    ),
    Proof(
        rule=SSM_DOCUMENT_PRIVATE,
        passing={"own": (DOCUMENT,), "partner": (DOCUMENT.but(permissions={"account_ids": "123456789012"}),)},
        failing={"everyone": (DOCUMENT.but(permissions={"type": "Share", "account_ids": "All"}),)},
        absent=(DOCUMENT.but(permissions={}),),
        absent_is=Status.PASSED,
        unknown=(DOCUMENT.but(permissions={"account_ids": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=added(DOCUMENT.but(permissions={"type": "Share", "account_ids": "All"})),
    ),
    Proof(
        rule=KMS_ROTATION,
        passing={"yearly": (KEY,)},
        failing={"never": (KEY.but(enableKeyRotation=False),)},
        absent=(KEY.but(enableKeyRotation=None),),
        unknown=(KEY.but(enableKeyRotation=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.kms.Key, enableKeyRotation=False),
    ),
    Proof(
        rule=KMS_DELETION_WINDOW,
        passing={"a month": (KEY.but(deletionWindowInDays=30),)},
        failing={"a week": (KEY.but(deletionWindowInDays=7),)},
        absent=(KEY,),
        absent_is=Status.PASSED,
        unknown=(KEY.but(deletionWindowInDays=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.kms.Key, deletionWindowInDays=7),
    ),
    Proof(
        rule=KMS_NOT_PUBLIC,
        passing={
            "own account": (KEY.but(policy=_policy({"AWS": "arn:aws:iam::123456789012:root"})),),
            "services of the account": (
                KEY.but(policy=_policy("*", StringEquals={"kms:CallerAccount": "123456789012"})),
            ),
        },
        failing={
            "everyone": (KEY.but(policy=_policy("*")),),
            "every account": (node(aws.kms.KeyPolicy, "policy", policy=_policy({"AWS": "*"})),),
        },
        absent=(KEY,),
        absent_is=Status.PASSED,
        unknown=(KEY.but(policy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(aws.kms.Key, policy=_policy("*")),
    ),
)
