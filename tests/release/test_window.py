"""How long a release is expected to be held, and was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from release.hold import SETTLE_SECONDS
from release.journal import Event, Record
from release.kinds import Kind
from release.steps import STEPS, Action, Step, steps_of
from release.window import Window, expected, measured, times_of

PROCESS = "aws:elasticbeanstalk:environment:process:default"
OPTIONS = {
    (PROCESS, "DeregistrationDelay"): "60",
    (PROCESS, "HealthCheckInterval"): "15",
    (PROCESS, "HealthyThresholdCount"): "3",
}
BEGAN = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def window_of(steps: Sequence[Step], times: Mapping[Action, float], options: Mapping[tuple[str, str], str]) -> Window:
    found = expected(steps, times, options)
    assert found
    return found


def records(*steps: tuple[Event, str, float]) -> list[Record]:
    """Each with its event, step and second."""
    return [
        Record(
            number=number,
            at=(BEGAN + timedelta(seconds=second)).isoformat(timespec="milliseconds"),
            event=event,
            step=step,
            fence=1,
            previous="",
        )
        for number, (event, step, second) in enumerate(steps, start=1)
    ]


HELD = records(
    (Event.NOTED, "", 0),
    (Event.INTENDED, "hold-shop", 1),
    (Event.DONE, "hold-shop", 2),
    (Event.INTENDED, "migrate", 2),
    # The process was killed, and another one went on: its time counts from there.
    (Event.INTENDED, "migrate", 10),
    (Event.DONE, "migrate", 14),
    (Event.INTENDED, "deploy-everywhere", 14),
    (Event.DONE, "deploy-everywhere", 34),
    (Event.INTENDED, "verify-everywhere", 34),
    (Event.DONE, "verify-everywhere", 39),
    (Event.INTENDED, "open", 39),
    (Event.DONE, "open", 40),
)


def test_a_step_is_expected_to_take_as_long_as_the_last_time() -> None:
    older = records((Event.INTENDED, "migrate", 0), (Event.DONE, "migrate", 500))
    window = window_of(STEPS[Kind.HELD], times_of([HELD, older]), OPTIONS)
    assert window.seconds == {
        Action.HOLD_SHOP: 1,
        Action.MIGRATE: 4,
        Action.DEPLOY_EVERYWHERE: 20,
        Action.VERIFY_EVERYWHERE: 5,
        Action.OPEN: 1,
    }
    assert str(window) == (
        "The shop is held for about 31 s: hold-shop 1 s, migrate 4 s, deploy-everywhere 20 s, verify-everywhere 5 s, "
        "open 1 s."
    )


def test_before_the_first_release_the_settings_say_how_long_at_least() -> None:
    window = window_of(STEPS[Kind.PLAIN], {}, OPTIONS)
    assert window.seconds == {Action.HOLD_BACK_OFFICE: SETTLE_SECONDS, Action.DEPLOY_BACK_OFFICE: 60 + 120 + 45}
    assert window.unknown == (Action.VERIFY_BACK_OFFICE, Action.OPEN)
    assert "The back office is held for about 230 s" in str(window)
    assert "The time of verify-back-office, open comes on top" in str(window)
    all_at_once = window_of(STEPS[Kind.HELD], {}, OPTIONS)
    assert all_at_once.seconds == {Action.HOLD_SHOP: SETTLE_SECONDS, Action.DEPLOY_EVERYWHERE: 45}


@pytest.mark.parametrize("kind", [Kind.PLAIN, Kind.ADDITIVE, Kind.HELD, Kind.ROLLBACK])
def test_every_kind_that_holds_has_one_window(kind: Kind) -> None:
    window = window_of(STEPS[kind], {}, OPTIONS)
    assert window.of == (Action.HOLD_SHOP if kind is Kind.HELD else Action.HOLD_BACK_OFFICE)


def test_a_back_office_that_stays_open_is_held_for_the_migration_alone() -> None:
    window = window_of(steps_of(Kind.ADDITIVE, back_office_stays_open=True), {Action.MIGRATE: 4.0}, OPTIONS)
    assert window.seconds == {Action.HOLD_BACK_OFFICE: SETTLE_SECONDS, Action.MIGRATE: 4}
    for kind in (Kind.PLAIN, Kind.ROLLBACK):
        steps = steps_of(kind, back_office_stays_open=True)
        assert expected(steps, {}, OPTIONS) is None
        assert measured(steps, []) is None


def test_what_was_held_is_measured_from_the_journal() -> None:
    assert measured(STEPS[Kind.HELD], HELD) == 39
    assert measured(STEPS[Kind.HELD], HELD[:-1]) is None


def test_what_failed_or_was_taken_back_says_nothing_of_the_time() -> None:
    assert times_of([records((Event.INTENDED, "migrate", 0), (Event.FAILED, "migrate", 9))]) == {}
    assert times_of([records((Event.INTENDED, "undo migrate", 0), (Event.DONE, "undo migrate", 9))]) == {}


@pytest.mark.parametrize("kind", [Kind.SATELLITE, Kind.FIRST])
def test_what_holds_nothing_has_no_window(kind: Kind) -> None:
    assert expected(STEPS[kind], {}, {}) is None
    assert measured(STEPS[kind], []) is None
