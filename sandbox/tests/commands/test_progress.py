"""What a person reads of a run that ended."""

from __future__ import annotations

from collections import Counter

import pytest
from rich.console import Console as RichConsole

from commands.console import Console
from commands.engine import Run
from commands.events import EngineEvents
from sandbox.commands import up
from sandbox.commands.progress import Progress


def _run(events: EngineEvents, exit_code: int = 0) -> Run:
    return Run(events=events, exit_code=exit_code, seconds=1, complaint="", interrupted=False)


def _said_of(run: Run) -> list[str]:
    rich = RichConsole(width=80, record=True, force_terminal=True)
    Progress(Console(rich=rich), "prod").ended(run)
    return rich.export_text().splitlines()


def _said(*warnings: str) -> list[str]:
    return _said_of(_run(EngineEvents(policy_warnings=list(warnings), policies_satisfied={"rds-private"})))


def test_written_exceptions_are_counted_in_one_line() -> None:
    """Ten paragraphs of them looked like errors."""
    excepted = "https: lb.Listener 'pim' has HTTP. Excepted by Ada until 2028-06-30: it is internal."
    assert _said(excepted, excepted)[0] == "• prod: 1 policies satisfied; 2 exceptions, see policies/exceptions.yaml"
    assert _said(excepted)[0] == "• prod: 1 policies satisfied; 1 exception, see policies/exceptions.yaml"
    assert _said()[0] == "• prod: 1 policies satisfied"


def test_a_warning_that_nobody_has_excepted_is_shown_in_full() -> None:
    """It may be a mistake."""
    warning = "rds-multi-az: rds.Instance 'site' got multi_az=False, expected True."
    assert _said(warning)[0] == f"! {warning}"


_REFUSED = "[mandatory] nat-per-zone: aws:ec2/route:Route b\nec2.Route 'b': got a, expected b. Fix: set it to b."


def test_a_refused_run_says_what_it_changed_and_what_to_do() -> None:
    """It ended with "update failed" and "Fix the errors above", below what the policies refuse."""
    events = EngineEvents(
        policy_violations=[_REFUSED], errors=["update failed"], changes=Counter(same=690, delete=4, update=2)
    )
    assert _said_of(_run(events, exit_code=1)) == [
        "! [mandatory] nat-per-zone: aws:ec2/route:Route b",
        "  ec2.Route 'b': got a, expected b. Fix: set it to b.",
        "• prod: 4 deleted, 2 updated before it failed",
    ]
    assert "policies refuse it. Do what stands after `Fix:`" in up._did_not_come_up("prod", _run(events, exit_code=1))


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (["aws: the limit is reached", "update failed"], "aws: the limit is reached"),
        (["update failed"], "update failed"),
    ],
)
def test_an_error_that_is_no_refusal_is_shown(errors: list[str], said: str) -> None:
    """The engine's own last line is shown where nothing else says that the run failed."""
    run = _run(EngineEvents(errors=errors), exit_code=1)
    assert _said_of(run) == [said]
    assert "Fix the errors above" in up._did_not_come_up("prod", run)


def test_the_commands_to_try_next_are_not_broken_on_the_narrowest_terminal() -> None:
    assert max(map(len, up._NEXT_STEPS.splitlines())) <= 80
