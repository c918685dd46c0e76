"""Made-up runs of the engine, and the report of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.events import EngineEvents
from policies.engine.catalogue import RULES
from policies.engine.exceptions import PolicyException
from policies.engine.outcome import Outcome, Status
from policies.model.rule import Environment
from policies.report.plan import Plan
from policies.report.results import Report, results_of

DATABASE = "aws:rds/instance:Instance"
ROLE = "aws:iam/role:Role"
SECRET = "hunter2 in a debug message"


def urn(token: str, name: str, stack: str = "prod") -> str:
    return f"urn:pulumi:{stack}::magento::magento:data:MySqlDatabase${token}::{name}"


def outcome(policy: str, status: Status, name: str = "site-database-instance", **more: Any) -> Outcome:
    """What the pack says of a database."""
    return Outcome(policy=policy, status=status, urn=urn(DATABASE, name), resource=f"rds.Instance '{name}'", **more)


LEVELS = {rule.id: rule.level_in(Environment.PROD).value for rule in RULES}

PASSED = outcome("rds-private", Status.PASSED, "shared-database-instance")
FAILED = outcome("rds-private", Status.FAILED, message="It has a public address. Fix: set publicly_accessible=False.")
EXCEPTED = outcome(
    "rds-private-ingress",
    Status.EXCEPTED,
    message="Excepted by Operations.",
    part="ingress[0]",
    reason="the till cannot follow redirects (Operations, until 2028-06-30)",
)
UNKNOWN = outcome("rds-private-subnets", Status.UNKNOWN, message="It is unknown until the update.", part="subnetIds")
BROKEN = outcome("rds-private-subnets", Status.BROKEN, message="The rule rds-private-subnets broke (KeyError).")


def step(op: str, token: str, name: str, *keys: str, stack: str = "prod") -> dict[str, Any]:
    """One step of a plan, as the engine reports it."""
    metadata = {
        "op": op,
        "urn": urn(token, name, stack),
        "type": token,
        "keys": list(keys) or None,
        "old": {"id": SECRET},
    }
    return {"resourcePreEvent": {"metadata": metadata}}


def resize(token: str, name: str, key: str, old: object, new: object) -> dict[str, Any]:
    """The update of one input, with the texts around it that no report may keep."""
    event = step("update", token, name)
    metadata = event["resourcePreEvent"]["metadata"]
    metadata["old"] = {"id": SECRET, "inputs": {key: old, "password": SECRET}}
    metadata["new"] = {"inputs": {key: new, "password": SECRET, "isNew": 1}}
    return event


def replacement(token: str, name: str, *keys: str) -> list[dict[str, Any]]:
    """All steps of it, in the engine's order."""
    return [
        step("create-replacement", token, name, *keys),
        step("replace", token, name, *keys),
        step("delete-replaced", token, name),
    ]


END: dict[str, Any] = {"summaryEvent": {"resourceChanges": {"same": 1}, "result": "succeeded"}}
DEBUG: dict[str, Any] = {"diagnosticEvent": {"severity": "debug", "message": SECRET}}


def error(message: str) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": "error", "message": f"{message}\n"}}


def plan_of(*events: dict[str, Any]) -> Plan:
    run = EngineEvents()
    for event in (DEBUG, *events):
        run.add_line(json.dumps(event))
    return Plan.from_events(run)


def report_of(
    *outcomes: Outcome,
    plan: Plan | None = None,
    exceptions: Sequence[PolicyException] = (),
    is_whole: bool = True,
    engine_failed: bool = False,
    levels: dict[str, str] = LEVELS,
) -> Report:
    """A report on production, at its levels."""
    return Report(
        stack="prod",
        commit="0123abc",
        results=results_of(outcomes, RULES, levels, exceptions),
        rules=RULES,
        plan=plan,
        is_whole=is_whole,
        engine_failed=engine_failed,
    )


FAKE_PULUMI = """#!/usr/bin/env python3
import os, pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
(here / "arguments").write_text("\\n".join(sys.argv[1:]))
(here / "journal-was").write_text(os.environ["MAGENTO_POLICY_JOURNAL"])
def stop(*_):
    (here / "stopped").touch()
    sys.exit(1)
signal.signal(signal.SIGINT, stop)
pathlib.Path(os.environ["MAGENTO_POLICY_JOURNAL"]).write_text((here / "journal").read_text())
print((here / "events").read_text(), flush=True)
if (here / "slow").exists():
    time.sleep(60)
sys.stderr.write((here / "complaint").read_text())
sys.exit(int((here / "code").read_text()))
"""


def fake_pulumi(
    directory: Path,
    *,
    journal: Sequence[Outcome] = (),
    evaluated: bool = True,
    levels: dict[str, str] | None = None,
    events: Sequence[dict[str, Any]] = (END,),
    code: int = 0,
    complaint: str = "",
) -> None:
    """A ``pulumi`` that prints prepared output."""
    directory.mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, Any]] = [{"kind": "outcome", **vars(each)} for each in journal]
    if evaluated:
        lines.append({"kind": "evaluated", "stack": "prod", "levels": levels or LEVELS})
    (directory / "journal").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (directory / "events").write_text("".join(json.dumps(event) + "\n" for event in (DEBUG, *events)))
    (directory / "code").write_text(str(code))
    (directory / "complaint").write_text(complaint)
    command = directory / "pulumi"
    command.write_text(FAKE_PULUMI)
    command.chmod(0o755)
