"""What holds for resources of many kinds: whose they are, and what the program may do to those that hold data."""

from __future__ import annotations

import re

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.stateful import STATEFUL
from policies.generated.aws_types import TAGGABLE, elasticache
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource
from policies.model.rule import EVERY_TYPE, Config, Findings, ResourceRule, Sources, Undecided, Violation

_TAGS = ("Client", "Environment", "System", "ManagedBy")

# A cache is made again by whoever fills it; what a shopper loses with it is a session.
_PROTECTED = tuple(kind for kind in STATEFUL if kind != elasticache.ReplicationGroup)

_SECURITY = frozenset(
    {
        "assumeRolePolicy",
        "atRestEncryptionEnabled",
        "blockPublicAcls",
        "blockPublicPolicy",
        "cidrBlocks",
        "cidrIpv4",
        "cidrIpv6",
        "deletionProtection",
        "domainEndpointOptions",
        "egress",
        "enableKeyRotation",
        "encryptAtRest",
        "encrypted",
        "iamInstanceProfile",
        "ignorePublicAcls",
        "ingress",
        "inlinePolicies",
        "kmsKeyId",
        "kmsMasterKeyId",
        "logging",
        "managedPolicyArns",
        "metadataOptions",
        "minimumProtocolVersion",
        "nodeToNodeEncryption",
        "originProtocolPolicy",
        "policy",
        "policyArn",
        "prefixListIds",
        "publiclyAccessible",
        "referencedSecurityGroupId",
        "restrictPublicBuckets",
        "retentionInDays",
        "securityGroupIds",
        "securityGroups",
        "sslPolicy",
        "storageEncrypted",
        "transitEncryptionEnabled",
        "viewerCertificate",
        "viewerProtocolPolicy",
        "vpcSecurityGroupIds",
    }
)
"""What decides who reaches, reads or changes a resource: a drift of these must be seen, and undone."""


def _check_tags(resource: Resource, config: Config) -> Findings:
    names = tuple(config.get("names", _TAGS))
    tags = resource.properties.read("tags")
    if isinstance(tags, Unknown):
        yield Undecided(resource=resource, path="tags")
        return
    missing = []
    for name in names:
        match resource.properties.read("tags", name):
            case Unknown():
                yield Undecided(resource=resource, path=f"tags.{name}")
            case Absent() | Known(""):
                missing.append(name)
    if missing:
        yield Violation(
            resource=resource,
            has=f"no tag {' or '.join(missing)}",
            must=f"the tags {', '.join(names)}",
            part=f"tags {', '.join(missing)}",
        )


def _check_protected(resource: Resource, _: Config) -> Findings:
    if not resource.protect:
        yield Violation(resource=resource, has="no protection", must="protect set", part="protect")


def _check_ignored(resource: Resource, _: Config) -> Findings:
    for path in resource.ignore_changes:
        names = re.findall(r"[\w*]+", path)
        if names[:1] == ["*"]:
            yield Violation(resource=resource, has="changes ignored in everything", must="none ignored", part=path)
        for name in sorted(_SECURITY.intersection(names)):
            yield Violation(resource=resource, has=f"changes ignored in {path}", must=f"{name} watched", part=path)


def _check_order(resource: Resource, _: Config) -> Findings:
    if resource.delete_before_replace:
        yield Violation(
            resource=resource,
            has="deleteBeforeReplace",
            must="its successor made, and filled, before it goes",
            part="deleteBeforeReplace",
        )


def _check_region(resource: Resource, config: Config) -> Findings:
    home = resource.provider.read("region") if resource.provider else Absent()
    allowed = set(config.get("regions", ()))
    own = resource.properties.read("region")
    match own:
        case Unknown():
            yield Undecided(resource=resource, path="region")
        case Known(region) if region not in allowed and own != home:
            yield Violation(resource=resource, has=f"region {region}", must="the stack's own region", part="region")
        case Absent() if allowed and isinstance(home, Known) and home.value not in allowed:
            yield Violation(
                resource=resource, has=f"region {home.value}", must=f"{' or '.join(sorted(allowed))}", part="region"
            )


REQUIRED_TAGS = ResourceRule(
    id="required-tags",
    severity=Severity.MEDIUM,
    why="Without its tags nobody knows whose a resource is: not the bill, not the backup plan, not the next policy.",
    fix="pass tags=args.tags.named(name), of components.shared.tags.Tags.",
    sources=Sources(other="AWS Security Hub, AWS Resource Tagging Standard; Best Practices for Tagging AWS Resources"),
    applies_to=TAGGABLE,
    check=_check_tags,
    config_schema=PolicyConfigSchema(
        properties={
            "names": {"type": "array", "default": list(_TAGS), "items": {"type": "string", "minLength": 1}},
        }
    ),
)

PROTECT_STATEFUL = ResourceRule(
    id="protect-stateful",
    severity=Severity.MEDIUM,
    why="One line taken out of the program by mistake deletes a database and all of its backups.",
    fix="pass opts=pulumi.ResourceOptions(parent=self, protect=args.protect), and leave magento:protect true.",
    sources=Sources(other="Pulumi, Resource option: protect"),
    production_only=True,
    applies_to=_PROTECTED,
    check=_check_protected,
)

NO_IGNORE_SECURITY_CHANGES = ResourceRule(
    id="no-ignore-security-changes",
    severity=Severity.MEDIUM,
    why="What is ignored is neither shown nor undone when somebody opens it by hand.",
    fix="take the property out of ignore_changes, and let the program state it.",
    sources=Sources(pci=("1.2.7", "6.5.1"), other="Pulumi, Resource option: ignoreChanges"),
    applies_to=EVERY_TYPE,
    check=_check_ignored,
)

NO_DELETE_BEFORE_REPLACE = ResourceRule(
    id="no-delete-before-replace-stateful",
    severity=Severity.MEDIUM,
    why="What is deleted before its successor is there takes its data with it.",
    fix="take delete_before_replace out, and move the data in two updates.",
    sources=Sources(other="Pulumi, Resource option: deleteBeforeReplace"),
    production_only=True,
    applies_to=STATEFUL,
    check=_check_order,
)

DATA_IN_HOME_REGION = ResourceRule(
    id="data-in-home-region",
    severity=Severity.MEDIUM,
    why="In another region data is under another law, and under no alarm and no backup plan of this stack.",
    fix="take region out, so that it follows aws:region in the stack file; allow others in the policy's config.",
    sources=Sources(other="Addressing Data Residency with AWS"),
    applies_to=STATEFUL,
    check=_check_region,
    config_schema=PolicyConfigSchema(
        properties={"regions": {"type": "array", "default": [], "items": {"type": "string", "minLength": 1}}}
    ),
)

RULES = (
    REQUIRED_TAGS,
    PROTECT_STATEFUL,
    NO_IGNORE_SECURITY_CHANGES,
    NO_DELETE_BEFORE_REPLACE,
    DATA_IN_HOME_REGION,
)
