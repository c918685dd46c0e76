"""The rehearsal's arithmetic: what it asserts of requests and windows."""

from __future__ import annotations

import pytest

from release.journal import Event
from tests.rehearsal.answers import Answer, Answers, Class, Verdict
from tests.rehearsal.figures import parts_of_hold, unharmed, wrong_hold, wrong_window
from tests.release.test_window import HELD, records


def answers(count: int, kind: Class = Class.PAGE, verdict: Verdict = Verdict.GOOD) -> Answers:
    each = Answer(kind=kind, at=0, seconds=0, status=200, release="", instance="", verdict=verdict)
    return Answers(all=[each] * count)


def test_plain_and_additive_releases_are_counted_together() -> None:
    rows = [answers(4_000), answers(6_000), answers(300, Class.BACK_OFFICE, Verdict.HELD)]
    assert unharmed(rows) == ("Plain and additive: 10,000 front requests, 0 failed", True)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([answers(9_999), answers(500, Class.BACK_OFFICE)], "9,999 front requests, 0 failed"),
        ([answers(10_000), answers(1, verdict=Verdict.FAILED)], "10,001 front requests, 1 failed"),
        ([answers(10_000), answers(1, Class.STATIC, Verdict.MIXED)], "10,001 front requests, 1 failed"),
        # Nobody in front may see the hold page.
        ([answers(10_000), answers(2, verdict=Verdict.HELD)], "10,002 front requests, 2 failed"),
    ],
)
def test_too_few_requests_and_one_that_fails_are_wrong(rows: list[Answers], said: str) -> None:
    text, is_right = unharmed(rows)
    assert said in text
    assert "expected at least 10,000, and none failed" in text
    assert not is_right


@pytest.mark.parametrize(
    ("window", "expected", "is_wrong"),
    [
        (24.0, 20.0, False),
        (16.0, 20.0, False),
        (24.1, 20.0, True),
        (15.9, 20.0, True),
        # Two seconds are more than a fifth of it.
        (7.0, 5.0, False),
        (7.1, 5.0, True),
        (2.9, 5.0, True),
    ],
)
def test_a_window_is_as_long_as_predicted(window: float, expected: float, *, is_wrong: bool) -> None:
    assert bool(list(wrong_window(window, expected))) is is_wrong


def test_a_hold_is_the_migration_one_deployment_and_ten_seconds() -> None:
    """Of `HELD`, the migration takes 4 s by its second attempt, and the deployment 20 s."""
    assert parts_of_hold(34, HELD) == {"migrate": 4.0, "deploy-everywhere": 20.0, "the rest": 10.0}
    assert list(wrong_hold(34, HELD)) == []
    assert list(wrong_hold(34.5, HELD)) == [
        "the hold took 10.5 s beside migrate and deploy-everywhere, expected at most 10 s"
    ]


def test_verification_is_within_the_ten_seconds() -> None:
    longer = [
        *HELD,
        *records((Event.INTENDED, "verify-everywhere", 60), (Event.DONE, "verify-everywhere", 70)),
    ]
    assert parts_of_hold(34, longer) == parts_of_hold(34, HELD)
