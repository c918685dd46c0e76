"""What the pack asks of its own config."""

from __future__ import annotations

from pulumi_policy import PolicyConfigSchema, Severity

from policies.analyzer import EXCEPTIONS_VALID
from policies.levels import ENVIRONMENT_DECLARED
from policies.rule import PackRule, Sources

EXCEPTIONS_ARE_VALID = PackRule(
    id=EXCEPTIONS_VALID,
    severity=Severity.HIGH,
    why="An exception that nothing needs any more lets the next fault of its kind pass unseen.",
    fix="take it out of policies/exceptions.yaml.",
    sources=Sources(pci=("1.2.7",)),
)

ENVIRONMENT_IS_DECLARED = PackRule(
    id=ENVIRONMENT_DECLARED,
    severity=Severity.HIGH,
    why="Production judged by the levels of another environment is not judged.",
    fix="give the file of the stack's own environment with --policy-pack-config, or none.",
    sources=Sources(pci=("6.5.3",)),
    config_schema=PolicyConfigSchema(
        properties={"stacks": {"type": "array", "default": [], "items": {"type": "string", "minLength": 1}}}
    ),
)

RULES = (EXCEPTIONS_ARE_VALID, ENVIRONMENT_IS_DECLARED)
