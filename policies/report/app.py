"""The commands, and what they share: exit codes, one clear sentence when something is wrong, no traceback."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from policies.model.rule import PolicyConfigError
from policies.report import engine, explanation, files
from policies.report.from_run import NothingEvaluatedError, report_of
from policies.report.results import Report, Verdict
from policies.report.summary import Summary

app = typer.Typer(help="Report what the policies say about a stack.", no_args_is_help=True, add_completion=False)

_INTERRUPTED = 130  # As a shell reports a program that Ctrl-C ended.

_LOG_WIDTH = 200
"""Columns where there is no terminal to ask; wide enough that few messages are broken."""

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack's name, such as prod.")]
Config = Annotated[
    Path | None,
    typer.Option("--policy-pack-config", exists=True, dir_okay=False, resolve_path=True, help="Levels of your own."),
]
Output = Annotated[Path, typer.Option("--output", "-o", file_okay=False, help="Where the report goes.")]
DEFAULT_OUTPUT = Path("policy-report")


@app.command(context_settings={"allow_extra_args": True})
def preview(context: typer.Context, stack: Stack, config: Config = None, output: Output = DEFAULT_OUTPUT) -> None:
    """Plan the stack and evaluate the plan. Arguments after -- go to `pulumi preview`."""
    with _in_plain_words() as summary:
        files.clear(output)
        with summary.working(f"{stack}: planning"):
            run = engine.preview(stack, config, context.args)
        summary.engine(run)
        _finish(report_of(run, stack=stack, with_plan=True), output, summary)


@app.command()
def state(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="The stack's name, such as prod.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, resolve_path=True, help="What `pulumi stack export` wrote."),
    ] = None,
    config: Config = None,
    output: Output = DEFAULT_OUTPUT,
) -> None:
    """Evaluate the deployed state of a stack, or an exported state."""
    with _in_plain_words() as summary:
        if (stack is None) == (file is None):
            raise typer.BadParameter("give either --stack or --file")
        files.clear(output)
        with summary.working(f"{stack or file}: evaluating"):
            run = engine.analyze(stack, file, config)
        summary.engine(run)
        _finish(report_of(run, stack=stack, with_plan=False), output, summary)


@app.command()
def explain(rule_id: Annotated[str, typer.Argument(metavar="RULE-ID")]) -> None:
    """Print what a rule checks, why, how to fix a violation, and its level in each environment."""
    with _in_plain_words() as summary:
        for line in explanation.of(rule_id):
            summary.say(line)


def _finish(report: Report, output: Path, summary: Summary) -> None:
    files.write(report, output)
    summary.report(report, output)
    if report.verdict is not Verdict.PASSED:
        raise typer.Exit(report.verdict)


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=_LOG_WIDTH)


@contextmanager
def _in_plain_words() -> Iterator[Summary]:
    """Turns errors into one line and an exit code."""
    # A supervisor's request to stop takes the way of a Ctrl-C, which a shell has its background jobs ignore.
    for request in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request, signal.default_int_handler)
    try:
        yield Summary(_console())
    except (
        engine.EngineNotFoundError,
        explanation.NoSuchRuleError,
        NothingEvaluatedError,
        PolicyConfigError,
        OSError,
    ) as error:
        Summary(_console(stderr=True)).fail(str(error))
        raise typer.Exit(Verdict.UNDECIDED) from None
    except KeyboardInterrupt:
        Summary(_console(stderr=True)).fail("Interrupted: there is no report.")
        raise typer.Exit(_INTERRUPTED) from None
