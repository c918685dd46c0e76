"""What the pack asks of its own config, and of the plan that it is asked about."""

from __future__ import annotations

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.stateful import STATEFUL_KEPT
from policies.engine.analyzer import EXCEPTIONS_VALID
from policies.engine.levels import ENVIRONMENT_DECLARED
from policies.model.rule import PackRule, Sources

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

STATEFUL_IS_KEPT = PackRule(
    id=STATEFUL_KEPT,
    severity=Severity.CRITICAL,
    why="What holds data comes back empty when it is replaced, and not at all when it is deleted.",
    fix=(
        "undo the change, or name the resource in policies/exceptions.yaml for as long as the data takes to be moved, "
        "and apply with protect off."
    ),
    sources=Sources(pci=("10.3.3",), other="Pulumi: Resource options, protect"),
)

RULES = (EXCEPTIONS_ARE_VALID, ENVIRONMENT_IS_DECLARED, STATEFUL_IS_KEPT)
