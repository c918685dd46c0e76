"""``./shop policies``: report on a stack, explain a rule, and show what the rules cover."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands import shell
from commands.console import Console
from commands.errors import CannotRunError
from policies.engine.catalogue import RULES
from policies.generated import coverage as standards_coverage
from policies.model.rule import PolicyConfigError
from policies.report import engine, explanation, files
from policies.report.from_run import report_of
from policies.report.results import Verdict
from policies.report.summary import Summary

_PLAIN = {"no_args_is_help": True, "add_completion": False, "rich_markup_mode": None}

app = typer.Typer(help="Check a stack against the policies, and explain them.", **_PLAIN)  # type: ignore[arg-type]
report = typer.Typer(**_PLAIN)  # type: ignore[arg-type]
app.add_typer(report, name="report", help="Check a stack and write a report: JSON, SARIF, JUnit and Markdown.")

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack's name, such as prod.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--policy-pack-config", exists=True, dir_okay=False, resolve_path=True, help="Your own enforcement levels."
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", file_okay=False, help="The report's directory.")]
DEFAULT_OUTPUT = Path("policy-report")

_VERDICTS = "Exit codes: 0 passed; 1 refused; 2 the stack could not be evaluated."
_INTERRUPTED = "Interrupted: there is no report."


@report.command(context_settings={"allow_extra_args": True}, epilog=_VERDICTS)
def preview(context: typer.Context, stack: Stack, config: Config = None, output: Output = DEFAULT_OUTPUT) -> None:
    """Check what `pulumi preview` plans. Arguments after -- are passed to it."""
    with shell.interruption_says(_INTERRUPTED):
        files.clear(output)
        summary = Summary(Console())
        with summary.working(f"{stack}: planning"):
            run = engine.preview(stack, config, context.args)
        _finish(run, stack, output, summary, with_plan=True)


@report.command(epilog=_VERDICTS)
def state(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="The stack's name, such as prod.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, resolve_path=True, help="A file that `pulumi stack export` wrote."),
    ] = None,
    config: Config = None,
    output: Output = DEFAULT_OUTPUT,
) -> None:
    """Check the deployed state of a stack, or an exported state."""
    if (stack is None) == (file is None):
        raise typer.BadParameter("give either --stack or --file")
    with shell.interruption_says(_INTERRUPTED):
        files.clear(output)
        summary = Summary(Console())
        with summary.working(f"{stack or file}: evaluating"):
            run = engine.analyze(stack, file, config)
        _finish(run, stack, output, summary, with_plan=False)


@app.command()
def explain(rule_id: Annotated[str, typer.Argument(metavar="RULE-ID", autocompletion=lambda: _rule_ids())]) -> None:
    """Show what a rule requires, why, how to fix a violation, and its level in each environment."""
    console = Console()
    for line in explanation.of(rule_id):
        console.say(line, indent="  ")


@app.command()
def coverage() -> None:
    """Show how many controls of each standard the rules check, and why they do not check the others."""
    console = Console()
    console.say(f"{len(RULES)} rules. docs/policies.md lists them, and the controls that each one checks.")
    for standard in standards_coverage.standards():
        console.say(f"\n{standard.name}: {len(standard.served)} controls checked, {len(standard.gaps)} not:")
        for gap in standard.gaps:
            console.say(f"  {gap.control} ({gap.why}): {gap.reason}", indent="    ")


def _rule_ids() -> list[str]:
    """For the shell's completion."""
    return [rule.id for rule in RULES]


def _finish(run: engine.Run, stack: str | None, output: Path, summary: Summary, *, with_plan: bool) -> None:
    summary.engine(run)
    try:
        made = report_of(run, stack=stack, with_plan=with_plan)
    except PolicyConfigError as error:
        raise CannotRunError(str(error)) from None
    files.write(made, output)
    summary.report(made, output)
    if made.verdict is not Verdict.PASSED:
        raise typer.Exit(made.verdict)
