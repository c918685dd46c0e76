"""Users, trust and isolation: see ``policies/rules/access/identity.py``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.access.identity import IAM_NO_USERS, IAM_TRUST_SCOPED, ROLE_SITE_ISOLATION
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.proof import Nodes, Proof, added, changed, replaced

VPC = (node(aws.ec2.Vpc, "vpc"),)
USER = node(aws.iam.User, "deploy")
TRUSTED = node(aws.iam.Role, "role")
ROLE = node(aws.iam.Role, "pim-role", tags={"System": "pim"})
OWN = node(aws.secretsmanager.Secret, "pim-secret", tags={"System": "pim"})
SHARED = node(aws.secretsmanager.Secret, "shared-secret", tags={"System": "shared-database"})
OTHERS = node(aws.secretsmanager.Secret, "site-secret", tags={"System": "database"})
CONFIGURATION = node(aws.s3.BucketObjectv2, "env", bucket="shop-config", key="prod/env.php")
NO_STATEMENT = json.dumps({"Statement": []})


def _trust(principal: object, **condition: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Statement": [{**statement, "Condition": condition} if condition else statement]})


def _trusting(principal: object, **condition: object) -> Nodes:
    return (TRUSTED.but(assumeRolePolicy=_trust(principal, **condition)),)


def _reading(*secrets: Node, policy: str = NO_STATEMENT) -> Nodes:
    """A role's policy that was made of these secrets' ARNs."""
    rights = node(aws.iam.RolePolicy, "rights", role=ROLE, policy=policy)
    made_of = {"policy": tuple(each.urn for each in secrets)} if secrets else {}
    return (ROLE, OWN, SHARED, OTHERS, CONFIGURATION, replace(rights, origins={**rights.origins, **made_of}))


def _fetching(*keys: str) -> Nodes:
    arns = [f"arn:aws:s3:::{key}" for key in keys]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": arns}
    return _reading(policy=json.dumps({"Statement": [statement]}))


def _reading_the_sites_database(nodes: Sequence[Node]) -> list[Node]:
    """The PIM's role gets the secret of the site's database on top."""
    (secret,) = (each for each in nodes if each.name == "site-database-credentials-secret")
    return replaced(
        aws.iam.RolePolicy,
        "pim-instance-policy",
        lambda policy: policy.taken_from(policy=(*policy.origins["policy"], secret.urn)),
    )(nodes)


PROOFS = (
    Proof(
        rule=IAM_NO_USERS,
        passing={},
        failing={
            "user": (USER,),
            "key": (node(aws.iam.AccessKey, "key", user="deploy"),),
            "login": (node(aws.iam.UserLoginProfile, "login", user="deploy"),),
        },
        absent=(USER.but(name=None),),
        unknown=(USER.but(name=UNKNOWN),),
        not_applicable=VPC,
        breakage=added(USER),
    ),
    Proof(
        rule=IAM_TRUST_SCOPED,
        passing={
            "instances": _trusting({"Service": "ec2.amazonaws.com"}),
            "for one account": _trusting(
                {"Service": "vpc-flow-logs.amazonaws.com"}, StringEquals={"aws:SourceAccount": "123456789012"}
            ),
            "one role": _trusting({"AWS": "arn:aws:iam::123456789012:role/deploy"}),
            "partner": _trusting(
                {"AWS": "arn:aws:iam::123456789012:root"}, StringEquals={"sts:ExternalId": "4e9c-agreed"}
            ),
        },
        failing={
            "everyone": _trusting("*"),
            "every account": _trusting({"AWS": ["*"]}),
            "a whole account": _trusting({"AWS": "123456789012"}),
            "service for anyone": _trusting({"Service": ["monitoring.rds.amazonaws.com", "ec2.amazonaws.com"]}),
            "all of a provider's": _trusting({"Federated": "token.actions.githubusercontent.com"}),
            "another condition": _trusting(
                {"Service": "vpc-flow-logs.amazonaws.com"}, StringEquals={"aws:RequestedRegion": "eu-west-3"}
            ),
        },
        absent=(TRUSTED,),
        absent_is=Status.PASSED,
        unknown=(TRUSTED.but(assumeRolePolicy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=VPC,
        breakage=changed(aws.iam.Role, "operations-windows-role", assumeRolePolicy=_trust({"AWS": "*"})),
    ),
    Proof(
        rule=ROLE_SITE_ISOLATION,
        passing={
            "own and shared": _reading(OWN, SHARED),
            "own folder": _fetching("shop-config/prod/env.php", "temporary/*"),
        },
        failing={
            "another's": _reading(OWN, OTHERS),
            "another's, at preview": _reading(OTHERS, policy=UNKNOWN),
            "another environment": _fetching("shop-config/prod/env.php", "shop-config/preprod/env.php"),
            "all environments": _fetching("shop-config/*"),
        },
        absent=_reading(),
        absent_is=Status.PASSED,
        unknown=_reading(OWN, policy=UNKNOWN),
        unknown_is=Status.UNKNOWN,
        not_applicable=(ROLE, OWN),
        breakage=_reading_the_sites_database,
    ),
)
