"""Which listener rules get no request."""

from __future__ import annotations

import pytest

from reachability.rules import ListenerRule, shadowed

HOSTS = ("client.url", "www.client.url")
FRONT = ListenerRule(arn="front", priority=4, hosts=HOSTS, paths=("/*",), environment="prod-front")
BACK = ListenerRule(arn="back", priority=5, hosts=HOSTS, paths=("/backend*",), environment="prod-back-office")


def changed(rule: ListenerRule, **values: object) -> ListenerRule:
    return ListenerRule(**{**vars(rule), **values})


def found(*rules: ListenerRule) -> list[tuple[str, str]]:
    return [(rule.arn, taker.arn) for rule, taker in shadowed(rules)]


def test_a_rebuilt_back_office_is_behind_the_front() -> None:
    assert found(BACK, FRONT) == [("back", "front")]
    assert str(BACK) == "rule 5 of prod-back-office"


@pytest.mark.parametrize(
    "rules",
    [
        (changed(BACK, priority=3), FRONT),
        (changed(FRONT, hosts=("other.url",)), BACK),
        (changed(FRONT, hosts=HOSTS[:1]), BACK),
        (changed(FRONT, paths=("/shop/*",)), BACK),
        (changed(FRONT, paths=("/?",)), BACK),
        (changed(FRONT, has_other_conditions=True), BACK),
        # The maintenance hold, armed.
        (ListenerRule(arn="hold", priority=1, forwards=False), changed(BACK, priority=2), FRONT),
    ],
    ids=["as made", "another site", "fewer hosts", "other paths", "one character", "for some addresses", "the hold"],
)
def test_a_rule_that_leaves_requests_for_others_is_in_order(rules: tuple[ListenerRule, ...]) -> None:
    assert found(*rules) == []


@pytest.mark.parametrize(
    "taker",
    [
        changed(FRONT, hosts=(), paths=()),
        changed(FRONT, hosts=("*.url", "client.url")),
        changed(FRONT, hosts=("*",), paths=("/back*",)),
        changed(FRONT, paths=("/x", "/backend*")),
    ],
)
def test_a_wider_rule_takes_all_requests(taker: ListenerRule) -> None:
    assert found(taker, BACK) == [("back", "front")]
