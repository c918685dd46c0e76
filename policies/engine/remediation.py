"""Sets a property to the value that a rule asks for, and keeps the secrets of the resource secret.

A remediation that returned a copy of the properties would write every secret in them into the state as plain text: the
SDK knows secrets only in the object that it passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_policy import ResourceValidationArgs
from pulumi_policy.policy import ResourceRemediation

from policies.model.rule import Remedy, ResourceRule


def remediation_of(rule: ResourceRule, remedy: Remedy) -> ResourceRemediation:
    """The SDK's callback: sets the remedy's value on resources of the rule's types. It returns None if nothing "
    "changed."""

    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        if not rule.is_about(args.resource_type) or not _set(args.props, remedy.path, remedy.value):
            return None
        return args.props

    return remediate  # type: ignore[return-value]  # declared as awaitable, and not awaited


def _set(properties: Any, path: tuple[str, ...], value: Any) -> bool:
    *parents, name = path
    for parent in parents:
        if not isinstance(_value(properties, parent), Mapping):
            properties[parent] = {}
        properties = properties[parent]
    if _value(properties, name) == value:
        return False
    properties[name] = value
    return True


def _value(properties: Mapping[str, Any], name: str) -> Any:
    return properties[name] if name in iter(properties) else None
