"""The rules against the shipped stacks: they pass as they are, and one fault fires exactly its rule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pulumi_aws as aws
import pytest
from pulumi_policy import EnforcementLevel

from policies.engine.catalogue import RULES
from policies.engine.exceptions import Exceptions, PolicyException
from policies.engine.outcome import Status
from policies.model.rule import PackRule
from policies.rules.operations.pack import ENVIRONMENT_DECLARED, STATEFUL_KEPT
from tests.policies.analyzer import PERMITTED, Node, Trial, fired, nodes_of, token_of, trial
from tests.policies.proof import Proof
from tests.policies.proofs import PROOFS
from tests.unit.program import program

BREAKABLE = [proof for proof in PROOFS if proof.breakage]
ALL_MANDATORY = {rule.id: EnforcementLevel.MANDATORY for rule in RULES}


@cache
def _nodes(stack: str) -> tuple[Node, ...]:
    return nodes_of(program(stack))


@cache
def _exceptions() -> tuple[PolicyException, ...]:
    return tuple(Exceptions.read(rules=RULES).entries)


def _evaluated(
    nodes: Sequence[Node],
    levels: dict[str, EnforcementLevel] | None = None,
    *,
    one_by_one: Sequence[Node] | None = None,
) -> Trial:
    return trial(nodes, one_by_one=one_by_one, config=PERMITTED, levels=levels, exceptions=_exceptions())


def _changed_or_excepted(nodes: Sequence[Node]) -> list[Node]:
    """The resources of a broken production that it does not share with the shipped one, and those with an exception.

    The pack evaluates one resource without the others, so the results of the rest are those of the shipped stack.
    """
    shipped = set(_nodes("prod"))
    # As messages print a resource: lb.Listener 'pim-http'.
    excepted = {each.resource.split("'")[1] for each in _exceptions()}
    return [each for each in nodes if each not in shipped or each.name in excepted]


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_the_shipped_stacks_pass_with_only_the_written_exceptions(stack: str) -> None:
    """At its own environment's levels a stack gets no messages but those of the written exceptions."""
    result = _evaluated(_nodes(stack))
    assert not fired(result.diagnostics)
    left = {outcome for outcome in result.outcomes if outcome.status not in {Status.PASSED, Status.EXCEPTED}}
    assert not {outcome.message for outcome in left}


@pytest.mark.parametrize("proof", BREAKABLE, ids=[proof.rule.id for proof in BREAKABLE])
def test_breaking_production_fires_exactly_its_rule(proof: Proof) -> None:
    """One thing broken in the whole production graph is found by the rule that is meant to find it, and no other."""
    assert proof.breakage
    before = _violated_as_shipped()
    broken = proof.breakage(_nodes("prod"))
    after = _rules(_evaluated(broken, ALL_MANDATORY, one_by_one=_changed_or_excepted(broken)))
    assert after - before == {proof.rule.id} | proof.fires_too


@cache
def _violated_as_shipped() -> frozenset[str]:
    """The advisory rules that production violates, which show when every rule is mandatory."""
    return frozenset(_rules(_evaluated(_nodes("prod"), ALL_MANDATORY)))


def _rules(result: Trial) -> set[str]:
    return {rule for rule, _ in fired(result.diagnostics)}


def test_what_nothing_can_break_is_listed() -> None:
    """A rule that no resource of production could violate is here, with the reason, and no other is."""
    idle = {proof.rule.id: proof.nothing_to_break for proof in PROOFS if not proof.breakage}
    assert all(idle.values())
    assert set(idle) == NOTHING_TO_BREAK


NOTHING_TO_BREAK: set[str] = set()


def test_rules_of_the_pack_itself_are_the_two_that_are_known() -> None:
    """They are about the pack's config, and proven in test_analyzer.py."""
    assert {rule.id for rule in RULES if isinstance(rule, PackRule)} == {
        "exceptions-valid",
        ENVIRONMENT_DECLARED,
        STATEFUL_KEPT,
    }


def test_a_database_in_another_stacks_public_subnets_is_found() -> None:
    """Taking the wrong list of subnets from the stack that owns the network does not go unseen."""
    nodes = _nodes("preprod")
    (public,) = (each.properties["subnets"] for each in nodes if each.token == token_of(aws.lb.LoadBalancer))
    broken = [each.but(subnetIds=public) if each.token == token_of(aws.rds.SubnetGroup) else each for each in nodes]
    assert {rule for rule, _ in fired(_evaluated(broken).diagnostics)} == {"rds-private-subnets"}
