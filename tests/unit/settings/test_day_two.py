"""docs/configuration.md says of each key what a change does to a stack that is up, as the engine planned it."""

from __future__ import annotations

import pytest

from policies.aws.stateful import FOUNDATIONS, STATEFUL
from settings import day_two
from settings.day_two import Outcome, Result
from settings.describe import keys
from tests.platform.day_two import COMMAND, Edit, edits, short_type

RESULTS = [result for of_key in day_two.results().values() for result in of_key]
REFUSED = {Outcome.SETTINGS, Outcome.PROTECT, Outcome.REPORT}


def test_every_key_has_two_edits_or_more() -> None:
    assert set(edits()) == set(keys())
    assert [key for key, of_key in edits().items() if len(of_key) < 2] == []


def test_every_edit_has_a_result() -> None:
    """In the edits' order."""
    found = {key: [Edit.again(result) for result in of_key] for key, of_key in day_two.results().items()}
    assert found == edits(), f"run `{COMMAND}`"


def test_edits_that_end_differently_are_told_apart() -> None:
    """Otherwise the page could not say which of them is refused."""
    for key, of_key in day_two.results().items():
        if len({result.answer for result in of_key}) > 1:
            assert all(result.what for result in of_key), key
            assert len({result.what for result in of_key}) == len(of_key), key


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_occurs(outcome: Outcome) -> None:
    assert any(result.outcome is outcome for result in RESULTS)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: f"{result.stack}: {', '.join(result.put)}")
def test_no_edit_that_passes_takes_data_away(result: Result) -> None:
    """Whether a stack is protected or not: the plan of what passes keeps all that holds data, and what that is in."""
    kept = {short_type(token) for token in (*STATEFUL, *FOUNDATIONS)}
    taken = {kind for operation in ("replace", "delete") for kind in result.plan.get(operation, ())}
    assert result.outcome in REFUSED or not taken & kept


def test_what_is_refused_says_why() -> None:
    assert [result for result in RESULTS if result.outcome in REFUSED and not result.because] == []
