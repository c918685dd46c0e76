"""What a person reads of a run that ended well."""

from __future__ import annotations

from rich.console import Console as RichConsole

from commands.console import Console
from commands.engine import Run
from commands.events import EngineEvents
from sandbox.commands import up
from sandbox.commands.progress import Progress


def _said(*warnings: str) -> list[str]:
    rich = RichConsole(width=80, record=True, force_terminal=True)
    events = EngineEvents(policy_warnings=list(warnings), policies_satisfied={"rds-private"})
    Progress(Console(rich=rich), "prod").ended(
        Run(events=events, exit_code=0, seconds=1, complaint="", interrupted=False)
    )
    return rich.export_text().splitlines()


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


def test_the_commands_to_try_next_are_not_broken_on_the_narrowest_terminal() -> None:
    assert max(map(len, up._NEXT_STEPS.splitlines())) <= 80
