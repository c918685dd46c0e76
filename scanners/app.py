"""``./shop scan``: prowler and checkov on the deployed stacks, and which findings have no reason."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.console import Console
from commands.engine import Engine
from commands.errors import CannotRunError, ExitCode
from scanners import checkov, findings, prowler
from scanners.findings import REASONS, Finding, judge, read_reasons
from scanners.programs import CHECKOV, PROWLER

ROOT = Path(__file__).resolve().parents[1]
_SHOWN = 5
"""Resources of one check that are listed. The rest is counted."""

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    epilog="Exit codes: 0 every finding has a reason; 1 some have none; 2 a scanner or a stack is missing, or failed."
)
def scan(
    stacks: Annotated[list[str] | None, typer.Option("--stack", help="A stack for checkov; prod and preprod.")] = None,
    services: Annotated[
        list[str] | None, typer.Option("--service", help="Only this service, by prowler's name. Several are possible.")
    ] = None,
    only: Annotated[str | None, typer.Option(help="prowler or checkov. Both without it.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="Write what prowler finds to this file: in an account without the stacks.")
    ] = None,
    without: Annotated[
        Path | None, typer.Option(help="Leave out what this file has, such as the findings of an empty account.")
    ] = None,
) -> None:
    """Run prowler on the account and checkov on the stacks. Say which findings have no reason in the file."""
    chosen = [each for each in (PROWLER, CHECKOV) if only in (None, each.name)]
    earlier = {each.key for each in findings.read(without)} if without else set()
    if not chosen:
        raise CannotRunError(f"--only: got {only!r}, expected prowler or checkov")
    if record:
        chosen = [PROWLER]
    for each in chosen:
        each.find()
    console = Console()
    found: list[Finding] = []
    if PROWLER in chosen:
        with console.working("prowler reads the account, which takes some minutes"):
            found += prowler.scan(_region(), services or ())
    if CHECKOV in chosen:
        with console.working("checkov reads the stacks"):
            found += checkov.scan({each: _deployment(each) for each in stacks or ("prod", "preprod")})
    if record:
        findings.write(record, found)
        console.step(f"{PROWLER.name} {PROWLER.version}: {len(set(found))} findings are in {record}")
        return
    judgement = judge(found, read_reasons(), scanners=[each.name for each in chosen])
    unexplained = [each for each in judgement.unexplained if each.key not in earlier]
    _show(console, unexplained)
    if not services:
        for reason in judgement.stale:
            console.warn(
                f"{REASONS.name}: {reason.scanner} no longer finds {reason.check} on {reason.resource}: remove it"
            )
    counts = Counter(each.scanner for each in judgement.explained)
    for each in chosen:
        console.step(f"{each.name} {each.version}: {counts[each.name]} findings with a reason")
    if earlier:
        console.step(f"{len(judgement.unexplained) - len(unexplained)} findings are in {without} already")
    if unexplained:
        console.say(f"{len(unexplained)} findings have no reason: fix them, or give one in {REASONS.name}.")
        raise typer.Exit(ExitCode.FAILED)


def _show(console: Console, found: Iterable[Finding]) -> None:
    by_check: dict[tuple[str, str], list[Finding]] = {}
    for each in found:
        by_check.setdefault((each.scanner, each.check), []).append(each)
    for (scanner, check), failed in by_check.items():
        console.say(f"{scanner} {check} ({len(failed)}): {failed[0].says}", indent="  ")
        for each in failed[:_SHOWN]:
            console.raw(f"  {each.resource}")
        if len(failed) > _SHOWN:
            console.raw(f"  and {len(failed) - _SHOWN} more")


def _region() -> str:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise CannotRunError("AWS_REGION: got nothing, expected the region of the stacks. Set it in your shell.")
    return region


def _deployment(stack: str) -> dict[str, Any]:
    engine = Engine.on_path(project=ROOT, environment=os.environ)
    deployment: dict[str, Any] = json.loads(engine.ask("stack", "export", "--stack", stack))["deployment"]
    return deployment
