"""Resources of many types: they are tagged, and those that hold data are protected."""

from __future__ import annotations

import re

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.stateful import FOUNDATIONS, STATEFUL
from policies.generated.aws_types import TAGGABLE
from policies.model.expectations import spelled
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource
from policies.model.rule import EVERY_TYPE, Config, Findings, ResourceRule, Sources, Undecided, Violation

_TAGS = ("Client", "Environment", "System", "ManagedBy")

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
"""Properties that decide who can reach, read or change a resource: `pulumi up` must show and undo their drift."""
_FIXED = {"aws:rds/instance:Instance": frozenset({"kmsKeyId"})}
"""Those that nobody can change while the resource is there, by its type. A database that was restored under another key
than the program's is replaced if the difference is not ignored, and its data with it."""


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
            got=f"no tags {', '.join(missing)}",
            expected=f"the tags {', '.join(names)}",
            part=f"tags {', '.join(missing)}",
        )


def _check_protected(resource: Resource, _: Config) -> Findings:
    if not resource.protect:
        yield Violation(resource=resource, got="protect=False", expected="True", part="protect")


def _check_ignored(resource: Resource, _: Config) -> Findings:
    for path in resource.ignore_changes:
        names = re.findall(r"[\w*]+", path)
        if names[:1] == ["*"]:
            yield Violation(
                resource=resource,
                got=f"ignore_changes={path}",
                expected="the names of properties",
                part=path,
            )
        for name in sorted(_SECURITY.intersection(names) - _FIXED.get(resource.token, frozenset())):
            got = f"ignore_changes={spelled(path)}"
            yield Violation(resource=resource, got=got, expected=f"no {spelled(name)} in it", part=spelled(path))


def _check_order(resource: Resource, _: Config) -> Findings:
    if resource.delete_before_replace:
        yield Violation(
            resource=resource,
            got="delete_before_replace=True",
            expected="False",
            part="delete_before_replace",
        )


def _check_region(resource: Resource, config: Config) -> Findings:
    home = resource.provider.read("region") if resource.provider else Absent()
    allowed = set(config.get("regions", ()))
    own = resource.properties.read("region")
    match own:
        case Unknown():
            yield Undecided(resource=resource, path="region")
        case Known(region) if region not in allowed and own != home:
            yield Violation(resource=resource, got=f"region={region}", expected="the stack's region", part="region")
        case Absent() if allowed and isinstance(home, Known) and home.value not in allowed:
            yield Violation(
                resource=resource, got=f"region={home.value}", expected=" or ".join(sorted(allowed)), part="region"
            )


REQUIRED_TAGS = ResourceRule(
    id="required-tags",
    severity=Severity.MEDIUM,
    why="Bills, backup plans and policies assign a resource to its owner and system by its tags.",
    fix="pass tags=args.context.tags.named(name), of components.shared.context.Context.",
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
    why="Without protect, one line removed from the stack file by mistake deletes a database or its network.",
    fix="pass opts=pulumi.ResourceOptions(parent=self, protect=args.context.protect), and leave magento:protect true.",
    sources=Sources(other="Pulumi, Resource option: protect"),
    production_only=True,
    applies_to=(*STATEFUL, *FOUNDATIONS),
    check=_check_protected,
)

NO_IGNORE_SECURITY_CHANGES = ResourceRule(
    id="no-ignore-security-changes",
    severity=Severity.MEDIUM,
    why="Pulumi neither shows nor undoes a manual change to a property in ignore_changes.",
    fix="remove the property from ignore_changes, and set it in the program.",
    sources=Sources(pci=("1.2.7", "6.5.1"), other="Pulumi, Resource option: ignoreChanges"),
    applies_to=EVERY_TYPE,
    check=_check_ignored,
)

NO_DELETE_BEFORE_REPLACE = ResourceRule(
    id="no-delete-before-replace-stateful",
    severity=Severity.MEDIUM,
    why="A resource that is deleted before its replacement exists takes its data with it.",
    fix="remove delete_before_replace, and move the data in two updates.",
    sources=Sources(other="Pulumi, Resource option: deleteBeforeReplace"),
    production_only=True,
    applies_to=STATEFUL,
    check=_check_order,
)

DATA_IN_HOME_REGION = ResourceRule(
    id="data-in-home-region",
    severity=Severity.MEDIUM,
    why="In another region, other laws apply to the data, and this stack's alarms and backup plan do not cover it.",
    fix="remove region, so that aws:region of the stack file applies; or add the region to the policy's config.",
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
