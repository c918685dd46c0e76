"""The rules for resources of many kinds miss none of the kinds that the shipped stacks have."""

from __future__ import annotations

import pytest
from pulumi import _types

from policies.generated.aws_types import TAGGABLE
from policies.rules.access.secrets import NO_PLAINTEXT_SECRETS
from tests.policies.analyzer import Node, nodes_of, trial
from tests.unit.cloud import sdk_class
from tests.unit.program import build_program, program, stack_config


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_every_type_that_takes_tags_is_asked_for_them(stack: str) -> None:
    """A type that the list of the SDK's types lacks would go untagged, and no rule would say so."""
    tokens = {each.token for each in nodes_of(program(stack))}
    assert not {token for token in tokens if _takes_tags(token)} - set(TAGGABLE)


def _takes_tags(token: str) -> bool:
    found = sdk_class(token)
    return found is not None and "tags" in _types.resource_types(found)


def test_a_rule_about_everything_sees_components() -> None:
    """What is no resource of a cloud can hold a password too: a component's inputs are in the state like others."""
    urn = "urn:pulumi:test::magento::magento:index:Shop::shop"
    shop = Node(urn=urn, token="magento:index:Shop", properties={"databasePassword": "tulip in june"})
    result = trial([shop], rules=[NO_PLAINTEXT_SECRETS])
    assert {(each.rule, each.urn) for each in result.diagnostics} == {("no-plaintext-secrets", urn)}
    assert not any("tulip" in each.message for each in result.diagnostics)


def test_a_cache_for_sessions_breaks_no_rule_that_the_shipped_stack_keeps() -> None:
    """Its encryption, network, snapshots and alarms are judged as the cache's are."""
    size = {"engine_version": "8.1", "node_type": "cache.r7g.large", "nodes": 2}
    site = {**stack_config("prod")["magento:site"], "session_cache": size}
    found = {
        name: {(each.rule, each.urn) for each in trial(nodes_of(graph)).diagnostics}
        for name, graph in (
            ("shipped", program("prod")),
            ("with sessions", build_program("prod", config={"magento:site": site})),
        )
    }
    assert not found["with sessions"] - found["shipped"]
