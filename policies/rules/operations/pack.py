"""The pack's own config, and the plan: exceptions are needed, levels are this stack's, and no data is lost."""

from __future__ import annotations

from pulumi_policy import PolicyConfigSchema, Severity

from policies.model.rule import PackRule, Sources

EXCEPTIONS_VALID = "exceptions-valid"
ENVIRONMENT_DECLARED = "environment-declared"
"""Its config says which stacks the levels of a file are for."""
STATEFUL_KEPT = "stateful-kept"
"""The engine does not show policies the plan: ``policies.report`` evaluates this rule."""

EXCEPTIONS_ARE_VALID = PackRule(
    id=EXCEPTIONS_VALID,
    severity=Severity.HIGH,
    why="An exception that is no longer needed hides the next violation of the same rule.",
    fix="remove it from policies/exceptions.yaml.",
    sources=Sources(pci=("1.2.7",)),
)

ENVIRONMENT_IS_DECLARED = PackRule(
    id=ENVIRONMENT_DECLARED,
    severity=Severity.HIGH,
    why="With the levels of another environment, production is not fully checked.",
    fix="pass the file of the stack's own environment with --policy-pack-config, or none.",
    sources=Sources(pci=("6.5.3",)),
    config_schema=PolicyConfigSchema(
        properties={"stacks": {"type": "array", "default": [], "items": {"type": "string", "minLength": 1}}}
    ),
)

STATEFUL_IS_KEPT = PackRule(
    id=STATEFUL_KEPT,
    severity=Severity.CRITICAL,
    why="A replaced database, volume or bucket comes back empty, and a deleted one does not come back.",
    fix=(
        "undo the change; or move the data, add an exception for the resource to policies/exceptions.yaml while you "
        "do, and apply with protect off."
    ),
    sources=Sources(pci=("10.3.3",), other="Pulumi: Resource options, protect"),
)

RULES = (EXCEPTIONS_ARE_VALID, ENVIRONMENT_IS_DECLARED, STATEFUL_IS_KEPT)
