"""What holds for resources of many kinds: see ``policies/rules/operations/stack_wide.py``."""

from __future__ import annotations

from dataclasses import replace

import pulumi_aws as aws
import pulumi_random as random

from policies.engine.outcome import Status
from policies.rules.operations.stack_wide import (
    DATA_IN_HOME_REGION,
    NO_DELETE_BEFORE_REPLACE,
    NO_IGNORE_SECURITY_CHANGES,
    PROTECT_STATEFUL,
    REQUIRED_TAGS,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.proof import Nodes, Proof, changed, replaced

TAGS = {"Client": "shop", "Environment": "prod", "System": "database", "ManagedBy": "pulumi"}
DATABASE = node(aws.rds.Instance, "db", tags=TAGS)
BUCKET = node(aws.s3.Bucket, "bucket")
GROUP = node(aws.ec2.SecurityGroup, "group")
PASSWORD = node(random.RandomPassword, "password", length=32)
POLICY = node(aws.s3.BucketPolicy, "policy")


def _ignoring(resource: Node, *paths: str) -> Nodes:
    return (replace(resource, ignore_changes=paths),)


def _deleted_first(resource: Node) -> Node:
    return replace(resource, delete_before_replace=True)


PROOFS = (
    Proof(
        rule=REQUIRED_TAGS,
        passing={"all four": (DATABASE,), "and more": (DATABASE.but(tags={**TAGS, "Name": "db"}),)},
        failing={
            "one missing": (DATABASE.but(tags={**TAGS, "System": None}),),
            "one empty": (DATABASE.but(tags={**TAGS, "Client": ""}),),
            "none": (DATABASE.but(tags={}),),
        },
        absent=(DATABASE.but(tags=None),),
        unknown=(DATABASE.but(tags={**TAGS, "Environment": UNKNOWN}),),
        not_applicable=(POLICY, PASSWORD),
        breakage=changed(aws.sns.Topic, tags={"Name": "client-prod-monitoring-topic"}),
    ),
    Proof(
        rule=PROTECT_STATEFUL,
        passing={"protected": (replace(DATABASE, protect=True),)},
        failing={
            "database": (DATABASE,),
            "volume": (node(aws.ebs.Volume, "data"),),
            "zone": (node(aws.route53.Zone, "zone"),),
            "cache": (node(aws.elasticache.ReplicationGroup, "cache"),),
            "network": (node(aws.ec2.Vpc, "network"),),
            "subnet": (node(aws.ec2.Subnet, "private-a"),),
            "databases' subnets": (node(aws.rds.SubnetGroup, "database"),),
            "caches' subnets": (node(aws.elasticache.SubnetGroup, "cache"),),
        },
        absent=(BUCKET,),
        # An option is never unknown.
        unknown=(replace(BUCKET, protect=True).but(bucket=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(POLICY, PASSWORD),
        breakage=replaced(
            aws.route53.Zone, "shared-platform-domains-public", lambda zone: replace(zone, protect=False)
        ),
    ),
    Proof(
        rule=NO_IGNORE_SECURITY_CHANGES,
        passing={
            "nothing": (GROUP,),
            "what others change": _ignoring(node(aws.elasticbeanstalk.Environment, "web"), "version"),
            "a key that cannot change": _ignoring(DATABASE, "kmsKeyId"),
        },
        failing={
            "a key that can": _ignoring(node(aws.cloudwatch.LogGroup, "log"), "kmsKeyId"),
            "what else is there beside it": _ignoring(DATABASE, "kmsKeyId", "publiclyAccessible"),
            "rules": _ignoring(GROUP, "description", "ingress"),
            "one rule": _ignoring(GROUP, "ingress[0]"),
            "deep down": _ignoring(
                node(aws.cloudfront.Distribution, "media"), "defaultCacheBehavior.viewerProtocolPolicy"
            ),
            "in brackets": _ignoring(node(aws.cloudfront.Distribution, "media"), 'origins[*]["originProtocolPolicy"]'),
            "everything": _ignoring(PASSWORD, "*"),
        },
        absent=(GROUP,),
        absent_is=Status.PASSED,
        # An option is never unknown.
        unknown=(GROUP.but(ingress=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=None,
        breakage=replaced(
            aws.s3.BucketPolicy,
            "shared-platform-buckets-client-billing-policy",
            lambda policy: replace(policy, ignore_changes=("policy",)),
        ),
    ),
    Proof(
        rule=NO_DELETE_BEFORE_REPLACE,
        passing={"made first": (DATABASE,)},
        failing={"database": (_deleted_first(DATABASE),), "bucket": (_deleted_first(BUCKET),)},
        absent=(BUCKET,),
        absent_is=Status.PASSED,
        # An option is never unknown.
        unknown=(BUCKET.but(bucket=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(POLICY, PASSWORD),
        breakage=replaced(aws.rds.Instance, "site-database-instance", _deleted_first),
    ),
    Proof(
        rule=DATA_IN_HOME_REGION,
        passing={
            "the provider's": (replace(DATABASE, region="eu-west-3"),),
            "spelt out": (replace(DATABASE, region="eu-west-3").but(region="eu-west-3"),),
            "allowed": (replace(DATABASE, region="eu-west-3").but(region="eu-central-1"),),
        },
        failing={
            "another": (replace(DATABASE, region="eu-west-3").but(region="us-east-1"),),
            "another's home": (replace(DATABASE, region="us-east-1"),),
        },
        absent=(DATABASE,),
        absent_is=Status.PASSED,
        unknown=(DATABASE.but(region=UNKNOWN),),
        not_applicable=(POLICY, PASSWORD),
        config={"regions": ["eu-west-3", "eu-central-1"]},
        breakage=changed(aws.s3.Bucket, "shared-platform-buckets-client-temp-storage-bucket", region="us-east-1"),
    ),
)
