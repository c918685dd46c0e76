"""Rules as the Pulumi SDK's policies: one guard for broken rules, and one way to treat unknown values."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from pulumi_policy import (
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UnknownValueError

from policies.properties import Properties
from policies.resources import Resource, Stack, token_of
from policies.rule import Findings, OnUnknown, PolicyConfigError, ResourceRule, Rule, StackRule, Undecided


class PolicyError(Exception):
    """A rule broke, or its config is wrong, and the message names it.

    Raised and not reported, since a report has the rule's own level: nobody knows what a broken rule would have said,
    so the run must fail even where the rule is advisory.
    """


def policies_of(rules: Iterable[Rule]) -> list[Policy]:
    """What ``PolicyPack`` wants, in the rules' order."""
    return [_policy(rule) for rule in rules]


def _policy(rule: Rule) -> Policy:
    policy: Policy
    match rule:
        case ResourceRule():
            policy = ResourceValidationPolicy(rule.id, rule.why, _resource_validation(rule), rule.level)
        case StackRule():
            policy = StackValidationPolicy(rule.id, rule.why, _stack_validation(rule), rule.level)
        case _:
            raise TypeError(f"rule {rule.id} is of neither kind")
    policy.severity = rule.severity
    policy.config_schema = rule.config_schema
    policy.remediation_steps = rule.fix
    return policy


def _resource_validation(rule: ResourceRule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    wanted = token_of(rule.applies_to)

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type != wanted:
            return
        resource = Resource(args.urn, args.resource_type, args.name, Properties(args.props), {})
        _report(rule, lambda: rule.check(resource, args.get_config()), report, f"on {resource}")

    return validate


def _stack_validation(rule: StackRule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        _report(rule, lambda: rule.check(_stack(args), args.get_config()), report, "on the stack")

    return validate


def _stack(args: StackValidationArgs) -> Stack:
    origins: dict[str, dict[str, list[Resource]]] = {each.urn: {} for each in args.resources}
    views = {
        each.urn: Resource(
            each.urn,
            each.resource_type,
            each.name,
            Properties(each.props, derived=each.property_dependencies),
            origins[each.urn],
        )
        for each in args.resources
    }
    # A second pass, since a resource may come before those that its values were taken from.
    for each in args.resources:
        for name, sources in each.property_dependencies.items():
            origins[each.urn][name] = [views[source.urn] for source in sources]
    return Stack(views.values())


def _report(rule: Rule, check: Callable[[], Findings], report: ReportViolation, where: str) -> None:
    deferred: list[Undecided] = []
    told: set[str] = set()
    try:
        for finding in check():
            if isinstance(finding, Undecided) and rule.on_unknown is OnUnknown.DEFER:
                deferred.append(finding)
                continue
            message = rule.message(finding)
            # A group's inline view and its standalone rules can show the same thing twice.
            if message not in told:
                told.add(message)
                report(message, finding.resource.urn)
    except Exception as error:
        _break(rule, where, error)
    if deferred:
        # The SDK turns this into its note that the policy could not be decided in this preview.
        raise UnknownValueError(UNKNOWN_OBJECT_VALUE, [str(deferred[0].resource), deferred[0].path])


def _break(rule: Rule, where: str, error: Exception) -> NoReturn:
    if isinstance(error, PolicyConfigError):
        raise PolicyError(f"policy error: the config of {rule.id} is wrong: {error}") from None
    # The text of an arbitrary exception may hold a property's value, and so a secret: its kind and place do not.
    origin = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(origin.filename).name}:{origin.lineno}"
    raise PolicyError(
        f"policy error: the rule {rule.id} broke {where} ({type(error).__name__} at {place}); "
        "mend the rule, or disable it in the policy config"
    ) from None
