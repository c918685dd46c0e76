"""The plan of the first installation: every state that is found has one answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from release.first_installation import Action, Findings, Key, plan

EMPTY = Findings(
    database="magento on database.internal:3306",
    tables=0,
    modules=0,
    administrators=0,
    has_key=True,
    key=Key.UNCHECKED,
    has_date=True,
    running=False,
    interrupted=False,
)
INSTALLED = replace(EMPTY, tables=400, modules=150, administrators=1, key=Key.FITS)


def test_an_empty_database_and_a_key_are_installed() -> None:
    decided = plan(EMPTY)
    assert decided.action is Action.INSTALL
    assert "setup:install" in decided.steps[2]
    assert "app:config:import" in decided.steps[-2]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(INSTALLED, has_key=False, key=Key.UNCHECKED), "got 400 tables and no crypt key"),
        (replace(EMPTY, has_key=False), "got no crypt/key"),
        (replace(EMPTY, has_date=False), "got no install/date"),
        (replace(INSTALLED, key=Key.OTHER), "encrypted with another key"),
        (replace(INSTALLED, administrators=0), "installed in part: 400 tables, 150 modules, 0 administrators"),
        (replace(INSTALLED, modules=0), "installed in part"),
        (replace(INSTALLED, administrators=0, interrupted=True), "installed in part"),
        (replace(EMPTY, running=True), "Another installation is running"),
        (replace(INSTALLED, running=True, interrupted=True), "Another installation is running"),
    ],
)
def test_what_does_not_fit_together_stops_with_one_message(found: Findings, said: str) -> None:
    decided = plan(found)
    assert decided.action is Action.STOP
    assert said in decided.reason
    assert "\n" not in decided.reason
    assert not decided.steps


def test_what_is_installed_is_left_as_it_is() -> None:
    assert plan(INSTALLED).action is Action.NOTHING
    unchecked = plan(replace(INSTALLED, key=Key.UNCHECKED))
    assert unchecked.action is Action.NOTHING
    assert "could not be checked" in unchecked.reason


def test_an_installation_that_was_killed_at_its_end_is_finished() -> None:
    decided = plan(replace(INSTALLED, interrupted=True))
    assert decided.action is Action.FINISH
    assert not [each for each in decided.steps if "setup:install" in each]


def test_one_that_was_killed_before_the_first_table_begins_again() -> None:
    assert plan(replace(EMPTY, interrupted=True)).action is Action.INSTALL
