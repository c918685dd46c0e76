"""What holds for every rule: broken ones, messages, levels, and the pack's own directory."""

from __future__ import annotations

import dataclasses
import re
import runpy
import sys
import traceback
from pathlib import Path

import pulumi_aws as aws
import pytest
from pulumi_policy import EnforcementLevel, PolicyPack, Severity

from policies import stack_permissions
from policies.catalogue import RULES
from policies.enforcement import PolicyError
from policies.properties import Known
from policies.resources import Resource, Stack
from policies.rule import Config, Findings, OnUnknown, ResourceRule, Rule, Sources, StackRule, Undecided, Violation
from tests.policies.analyzer import UNKNOWN, analyze, fired, node, secret

PACK = Path(__file__).resolve().parents[2] / "policies"
VPC = node(aws.ec2.Vpc, "vpc", cidrBlock="10.0.0.0/16", tags={"Name": secret("hunter2"), "Other": UNKNOWN})


def _named(resource: Resource, _: Config) -> Findings:
    match resource.properties.read("tags", "Other"):
        case Known(value):
            yield Violation(resource=resource, has=f"Other {value}", must="none")
        case _:
            yield Undecided(resource=resource, path="tags.Other")


def _broken(resource: Resource, _: Config) -> Findings:
    match resource.properties.read("tags", "Name"):
        case Known(value):
            raise ValueError(f"cannot make sense of {value}")
    yield from ()


def _broken_stack(stack: Stack, _: Config) -> Findings:
    for resource in stack.of_type(aws.ec2.Vpc):
        yield from _broken(resource, _)


RULE = ResourceRule(
    id="example",
    severity=Severity.LOW,
    why="Because.",
    fix="do it.",
    sources=Sources(fsbp=("EC2.1",), pci=("1.1", "1.2")),
    applies_to=aws.ec2.Vpc,
    check=_named,
)
BROKEN_STACK_RULE = StackRule(
    id="example-of-stacks", severity=Severity.LOW, why="So.", fix="do it.", sources=Sources(), check=_broken_stack
)


@pytest.mark.parametrize("level", [EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY])
@pytest.mark.parametrize("rule", [dataclasses.replace(RULE, check=_broken), BROKEN_STACK_RULE])
def test_a_broken_rule_stops_the_run_and_is_named(rule: Rule, level: EnforcementLevel) -> None:
    """Even an advisory rule that raises fails the run, by name, and the exception's text (a secret) is not shown."""
    with pytest.raises(PolicyError) as caught:
        analyze([VPC], rules=[dataclasses.replace(rule, level=level)])
    assert rule.id in str(caught.value)
    assert "ValueError at test_enforcement.py:" in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_message_is_made_of_full_sentences() -> None:
    """It names the resource, what it has, what it must have, the fix, the id, the severity and the sources."""
    (verdict,) = analyze([VPC.but(tags={"Other": "x"})], rules=[RULE])
    assert verdict.message == (
        "Because.\nec2.Vpc 'vpc' has Other x, and must have none. Fix: do it. "
        "[example, low; FSBP EC2.1; PCI DSS 1.1, 1.2]"
    )


def test_an_unknown_value_fails_or_is_told_but_never_passes() -> None:
    """By the rule's own choice an undecided property is a violation, or the SDK's advisory note that names it."""
    assert fired(analyze([VPC], rules=[RULE])) == {("example", "vpc")}
    (verdict,) = analyze([VPC], rules=[dataclasses.replace(RULE, on_unknown=OnUnknown.DEFER)])
    assert verdict.level is EnforcementLevel.ADVISORY
    assert "ec2.Vpc 'vpc'.tags.Other" in verdict.message


def test_a_rule_is_a_complete_value() -> None:
    """Ids are unique and printable, and every rule says why, how to mend it, and where it comes from."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", rule.id)
        assert rule.why.endswith(".")
        assert "." not in rule.why[:-1], f"{rule.id}: why is one sentence"
        assert rule.fix.endswith(".")
        assert str(rule.sources)


def test_the_pack_holds_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as the engine runs it, the directory offers exactly the catalogue, and the stack files' permissions."""
    offered: list[str] = []

    def record(_: PolicyPack, name: str, policies: list[object], initial_config: dict[str, object]) -> None:
        assert name == "magento"
        assert initial_config == stack_permissions.initial_config()
        offered.extend(policy.name for policy in policies)  # type: ignore[attr-defined]

    monkeypatch.setattr(PolicyPack, "__init__", record)
    monkeypatch.setattr(sys, "path", list(sys.path))
    runpy.run_path(str(PACK), run_name="__main__")
    assert offered == [rule.id for rule in RULES]


def test_no_module_hides_one_of_the_standard_library() -> None:
    """The engine puts the pack's directory first on the path, where a secrets.py would be imported by everybody."""
    assert not {path.stem for path in PACK.glob("*.py")} & sys.stdlib_module_names
