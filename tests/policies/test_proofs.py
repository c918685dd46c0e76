"""Every rule: refused, passed, absent, unknown, not applicable, excepted, expired; and that none lacks its proof."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel

from policies.engine.catalogue import RULES
from policies.engine.exceptions import PolicyException
from policies.engine.outcome import Status
from policies.model.expiry import today
from policies.model.rule import EVERY_TYPE, PackRule, ResourceRule
from tests.policies.analyzer import Node, Trial, analyzer, fired, remedied, trial
from tests.policies.proof import Nodes, Proof
from tests.policies.proofs import PROOFS

IDS = [proof.rule.id for proof in PROOFS]
every_proof = pytest.mark.parametrize("proof", PROOFS, ids=IDS)


def _cases(kind: str) -> list[Any]:
    return [
        pytest.param(proof, nodes, id=f"{proof.rule.id}-{name}")
        for proof in PROOFS
        for name, nodes in getattr(proof, kind).items()
    ]


def try_rule(proof: Proof, nodes: Nodes, *exceptions: PolicyException) -> Trial:
    """Evaluates one rule, at the mandatory level."""
    return trial(
        nodes,
        rules=[proof.rule],
        config={proof.rule.id: proof.config},
        levels={proof.rule.id: EnforcementLevel.MANDATORY},
        exceptions=exceptions,
    )


def _status_of(result: Trial, node: Node) -> set[Status]:
    return {outcome.status for outcome in result.outcomes if outcome.urn == node.urn}


def _exception(proof: Proof, nodes: Nodes, expires: datetime.date) -> PolicyException:
    (outcome, *_) = (each for each in try_rule(proof, nodes).outcomes if each.status is Status.FAILED)
    return PolicyException(
        policy=proof.rule.id,
        stack="test",
        resource=outcome.resource,
        part="",
        reason="the till cannot follow redirects",
        owner="Operations",
        expires=expires,
    )


def test_no_rule_lacks_its_proof() -> None:
    """Each rule of the catalogue is proven once, and nothing else is; only those about the pack itself are apart."""
    assert sorted(IDS) == sorted(rule.id for rule in RULES if not isinstance(rule, PackRule))


@pytest.mark.parametrize(("proof", "nodes"), _cases("passing"))
def test_what_is_right_passes(proof: Proof, nodes: Nodes) -> None:
    """Nothing is said, and the pack writes down that it looked."""
    result = try_rule(proof, nodes)
    assert not result.diagnostics
    assert {outcome.status for outcome in result.outcomes} == {Status.PASSED}


@pytest.mark.parametrize(("proof", "nodes"), _cases("failing"))
def test_what_is_wrong_fails(proof: Proof, nodes: Nodes) -> None:
    """The rule fires on exactly the resource at fault, and says how to fix it."""
    result = try_rule(proof, nodes)
    assert fired(result.diagnostics) == {(proof.rule.id, nodes[-1].name)}
    for diagnostic in result.diagnostics:
        assert proof.rule.fix in diagnostic.message
        assert f"[{proof.rule.id}, {proof.rule.severity.value}; " in diagnostic.message


@every_proof
def test_what_is_absent(proof: Proof) -> None:
    """An absent property is not taken for a right one unless the default is."""
    result = try_rule(proof, proof.absent)
    assert _status_of(result, proof.absent[-1]) == {proof.absent_is}
    assert bool(fired(result.diagnostics)) == (proof.absent_is is Status.FAILED)


@every_proof
def test_what_is_unknown(proof: Proof) -> None:
    """A value that is unknown until the update fails or gives a warning; no rule that needs it passes."""
    result = try_rule(proof, proof.unknown)
    assert _status_of(result, proof.unknown[-1]) == {proof.unknown_is}
    assert bool(fired(result.diagnostics)) == (proof.unknown_is is Status.FAILED)
    assert bool(result.diagnostics) == (proof.unknown_is is not Status.PASSED)


@every_proof
def test_what_is_none_of_its_business(proof: Proof) -> None:
    """Without a resource of its kind the rule says so, and neither passes nor fails."""
    if proof.not_applicable is None:
        assert isinstance(proof.rule, ResourceRule)
        assert proof.rule.applies_to == EVERY_TYPE
        return
    result = try_rule(proof, proof.not_applicable)
    assert not result.outcomes
    assert not result.diagnostics
    assert result.not_applicable == {proof.rule.id}


@every_proof
def test_an_exception_gives_a_warning(proof: Proof) -> None:
    """Each excepted violation is printed with its reason and owner, and stops nothing."""
    nodes = next(iter(proof.failing.values()))
    result = try_rule(proof, nodes, _exception(proof, nodes, today()))
    assert not fired(result.diagnostics)
    assert _status_of(result, nodes[-1]) == {Status.EXCEPTED}
    for diagnostic in result.diagnostics:
        assert "Excepted by Operations" in diagnostic.message
        assert "the till cannot follow redirects" in diagnostic.message


@every_proof
def test_an_expired_exception_fails(proof: Proof) -> None:
    """The day after its last one an exception excepts nothing, and the message says whose it was."""
    nodes = next(iter(proof.failing.values()))
    result = try_rule(proof, nodes, _exception(proof, nodes, today() - datetime.timedelta(days=1)))
    assert fired(result.diagnostics) == {(proof.rule.id, nodes[-1].name)}
    assert all("Operations" in diagnostic.message for diagnostic in result.diagnostics)


@pytest.mark.parametrize(
    "proof",
    [each for each in PROOFS if isinstance(each.rule, ResourceRule) and each.rule.remedy],
    ids=lambda p: p.rule.id,
)
def test_a_remedy_mends_what_its_rule_refuses(proof: Proof) -> None:
    """Where config asks for it, the remedy makes a refused resource pass, once, and leaves the rest as it was."""
    node = next(iter(proof.failing.values()))[-1]
    pack = analyzer([proof.rule], levels={proof.rule.id: EnforcementLevel.REMEDIATE})
    fixed = remedied(pack, node)
    assert fixed is not None
    assert not fired(try_rule(proof, (fixed,)).diagnostics)
    assert remedied(pack, fixed) is None
    assert {name for name in fixed.properties if fixed.properties[name] != node.properties.get(name)} == {
        proof.rule.remedy.path[0]  # type: ignore[attr-defined]  # the parameters are rules with one
    }
