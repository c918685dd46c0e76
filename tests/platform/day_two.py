"""``python -m tests.platform.day_two`` walks every configuration key: what does an edit of it do to stacks that are up?

It brings both stacks up in a sandbox of its own, previews each edit of `day_two_edits.yaml` with the policies, and
writes `settings/generated/day_two.yaml`, result by result: a walk that was interrupted goes on where it stopped.
Nothing is applied, so one edit does not change what the next one finds. With keys as arguments, it walks these again.

Edits that are expected to end alike are previewed together, in one stack file. If anything else comes out, half of them
are, and so on down to a single one. Such results have no plan of their own.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from commands.events import EngineEvents
from policies.engine.outcome import JOURNAL, read_journal
from policies.report import from_run
from policies.report.engine import Run
from policies.report.plan import OPERATIONS, Plan
from policies.rules.operations.pack import EXCEPTIONS_VALID
from sandbox.commands.certificate import ensure_certificate
from sandbox.tests.platform import Platform
from settings.day_two import RECORDED, Outcome, Result
from tests.platform.interruptions import interruptions

EDITS = Path(__file__).with_name("day_two_edits.yaml")
COMMAND = "python -m tests.platform.day_two"
_HEADER = f"# `{COMMAND}` writes this file: what the engine plans for each edit of {EDITS.name}.\n"
_STREAMED = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"}
_INVALID = " is invalid:"
_SETTINGS = ("aws:region", "magento:")
_LACKS = re.compile(r"validating stack config: (.+)")
"""What the CLI says of a stack file without a key that `Pulumi.yaml` asks for, before the program runs."""
_PROTECTED = re.compile(
    r'resource "(urn:[^"]+)"\s+(?:cannot be deleted\s+because it is protected|as it is currently marked for protection)'
)
"""What the engine says of a protected resource that a plan would delete or replace."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change of a stack file while the stack is up."""

    stack: str
    put: Mapping[str, Any]
    environment: Mapping[str, str]
    what: str

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Edit:
        """An edit as `day_two_edits.yaml` has it."""
        return cls(
            stack=written.get("stack", "prod"),
            put=written["put"],
            environment=written.get("with", {}),
            what=written.get("what", ""),
        )

    @classmethod
    def again(cls, result: Result) -> Edit:
        """The edit that came to a result."""
        return cls(stack=result.stack, put=result.put, environment=result.environment, what=result.what)


@cache
def edits() -> Mapping[str, list[Edit]]:
    """The edits of each key."""
    written = yaml.safe_load(EDITS.read_text(encoding="utf-8"))["edits"]
    return {key: [Edit.of(each) for each in of_key] for key, of_key in written.items()}


def preview(platform: Platform, edit: Edit) -> Result:
    """What the engine and the policies say to an edit. The stack file is put back."""
    path = platform.project / f"Pulumi.{edit.stack}.yaml"
    standing = path.read_bytes()
    try:
        path.write_text(yaml.safe_dump(changed(yaml.safe_load(standing), edit.put), sort_keys=False))
        return _preview(platform, edit)
    finally:
        path.write_bytes(standing)


def changed(stack_file: Mapping[str, Any], put: Mapping[str, Any]) -> dict[str, Any]:
    """A stack file with other values. What is taken out of a list leaves the places of the others as they were."""
    found = deepcopy(dict(stack_file))
    for path, value in put.items():
        first, *rest = path.split(".")
        target: Any = found["config"]
        key: Any = f"magento:{first}"
        for part in rest:
            if isinstance(target, dict) and target.get(key) is None:
                target[key] = [] if part == "+" else {}
            target, key = target[key], int(part) if part.isdecimal() else part
        if key == "+":
            target.append(value)
        else:
            target[key] = value
    whole: dict[str, Any] = _without_nothing(found)
    return whole


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(each) for key, each in value.items() if each is not None}
    return [_without_nothing(each) for each in value if each is not None] if isinstance(value, list) else value


def _preview(platform: Platform, edit: Edit) -> Result:
    with tempfile.TemporaryDirectory() as directory:
        journal = Path(directory, "journal")
        environment = {**_STREAMED, JOURNAL: str(journal), **edit.environment}
        arguments = ("preview", "-s", edit.stack, "--json", "--policy-pack", "policies")
        ran = platform.pulumi(*arguments, check=False, environment=environment)
        outcomes, evaluated = read_journal(journal) if journal.exists() else ([], [])
    events, steps = EngineEvents(), []
    for line in ran.stdout.splitlines():
        events.add_line(line)
        if line.startswith("{") and (step := json.loads(line).get("resourcePreEvent")):
            steps.append(step["metadata"])
    plan = Plan.from_events(events)
    # Components change with what is in them.
    planned = {
        operation: [each for each in plan.of(operation) if not each.token.startswith("magento:")]
        for operation in OPERATIONS
    }

    def result(outcome: Outcome, because: Iterable[str] = ()) -> Result:
        counted = {
            operation: dict(sorted(Counter(short_type(each.token) for each in planned[operation]).items()))
            for operation in planned
        }
        return Result(
            stack=edit.stack,
            put=edit.put,
            environment=edit.environment,
            what=edit.what,
            outcome=outcome,
            because=tuple(dict.fromkeys(because)),
            plan={operation: types for operation, types in counted.items() if types},
        )

    # What is recorded names neither this computer's directory nor who signed the sandbox's certificate.
    said = "\n".join(events.errors).replace(str(platform.project), ".").replace("CN=Sandbox authority", "CN=authority")
    # The certificate's files are read when the network stands already: that error has no heading.
    lines = map(str.strip, said.partition(_INVALID)[2].splitlines() if _INVALID in said else said.splitlines())
    if faults := [line for line in lines if line.startswith(_SETTINGS)]:
        return result(Outcome.SETTINGS, faults)
    if lacks := _LACKS.findall(ran.stderr):
        return result(Outcome.SETTINGS, lacks)
    if protected := _PROTECTED.findall(said):
        types = {short_type(urn.split("::")[2].rpartition("$")[2]) for urn in protected}
        return result(Outcome.PROTECT, sorted(types))
    if not outcomes:
        raise RuntimeError(f"{edit}: got no plan, expected one:\n{said}\n{ran.stderr}")
    run = Run(
        plan=plan,
        outcomes=tuple(outcomes),
        evaluated=evaluated[-1] if evaluated else None,
        exit_code=ran.returncode,
        complaint=ran.stderr,
    )
    report = from_run.report_of(run, stack=edit.stack, with_plan=True)
    refused = sorted({each.rule.id for each in report.refused})
    if set(refused) - {EXCEPTIONS_VALID}:
        return result(Outcome.REPORT, refused)
    if ran.returncode != 0 and not refused:
        raise RuntimeError(f"{edit}: got an error of the engine, expected a plan:\n{said}\n{ran.stderr}")
    if not any(planned.values()):
        return result(Outcome.NOTHING)
    if away := sorted(set(interruptions(steps))):
        return result(Outcome.INTERRUPTION, away)
    return result(Outcome.REPLACEMENT if planned["replace"] else Outcome.IN_PLACE)


def short_type(token: str) -> str:
    """`rds.Instance` for `aws:rds/instance:Instance`."""
    package, module, name = token.split(":")
    return f"{module.partition('/')[0] if package == 'aws' else package}.{name}"


class Walk:
    """The results so far, and the file that keeps them."""

    def __init__(self, path: Path = RECORDED) -> None:
        self._path = path
        recorded = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
        known = {key: [Result.of(each) for each in of_key] for key, of_key in (recorded or {}).items()}
        # Results of edits that are no longer there go.
        self._results = {
            key: [result for result in known.get(key, []) if Edit.again(result) in of_key]
            for key, of_key in edits().items()
        }

    def forget(self, keys: Iterable[str]) -> None:
        """Walk these keys again. Raises ``KeyError`` for one that has no edits."""
        for key in keys:
            self._results[key].clear()

    @property
    def left(self) -> Iterator[tuple[str, Edit]]:
        """The edits that have no result yet."""
        for key, of_key in edits().items():
            known = [Edit.again(result) for result in self._results[key]]
            yield from ((key, edit) for edit in of_key if edit not in known)

    def alike(self, edit: Edit) -> Result | None:
        """The result of the same edit for another key."""
        for result in (result for of_key in self._results.values() for result in of_key):
            if replace(Edit.again(result), what=edit.what) == edit:
                return replace(result, what=edit.what)
        return None

    def add(self, key: str, result: Result) -> None:
        """Keep a result, in the order of the edits, and write the file."""
        self._results[key].append(result)
        order = edits()[key]
        self._results[key].sort(key=lambda each: order.index(Edit.again(each)))
        document = {key: [each.record for each in found] for key, found in self._results.items() if found}
        written = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
        partial = self._path.with_suffix(".partial")
        partial.write_text(_HEADER + written, encoding="utf-8")
        partial.replace(self._path)


def bring_up(directory: Path) -> Platform:
    """Both stacks, with what `day_two_edits.yaml` adds to them so that every key is there to be changed."""
    platform = Platform.copy_to(directory)
    standing = yaml.safe_load(EDITS.read_text(encoding="utf-8"))["standing"]
    for stack, put in standing["stacks"].items():
        path = platform.project / f"Pulumi.{stack}.yaml"
        path.write_text(yaml.safe_dump(changed(yaml.safe_load(path.read_text()), put), sort_keys=False))
    exceptions = platform.project / "policies" / "exceptions.yaml"
    exceptions.write_text(exceptions.read_text() + yaml.safe_dump(standing["exceptions"]))
    platform.sandbox("up")
    certificates = Path(platform.environment["MAGENTO_CERTIFICATE_DIR"])
    ensure_certificate(
        "client.url",
        certificate=certificates / "renewed.crt",
        private_key=certificates / "renewed.key",
        chain=certificates / "renewed.chain.crt",
    )
    (platform.project / "certificates").symlink_to(certificates)
    return platform


def walk_on(platform: Platform, walk: Walk) -> None:
    """Find the results that are missing."""
    groups = yaml.safe_load(EDITS.read_text(encoding="utf-8"))["together"]
    singles = list(walk.left)
    for expected, keys in groups.items():
        alike = [each for each in singles if each[0].startswith(tuple(keys))]
        # An edit in place or without effect is one by whatever it is beside.
        for batch in batches(alike, of_things=expected not in list(Outcome)):
            _together(platform, walk, batch, expected)
        singles = [each for each in singles if not each[0].startswith(tuple(keys))]
    for each in singles:
        _together(platform, walk, [each], "")


def batches(of: Iterable[tuple[str, Edit]], *, of_things: bool) -> list[list[tuple[str, Edit]]]:
    """Edits that may be made together: of one stack, without environment variables, and of values of their own or, with
    ``of_things``, of things of their own."""
    found: list[list[tuple[str, Edit]]] = []
    for key, edit in of:
        for batch in found:
            if all(_apart(edit, other, of_things=of_things) for _, other in batch):
                batch.append((key, edit))
                break
        else:
            found.append([(key, edit)])
    return found


def _apart(one: Edit, other: Edit, *, of_things: bool) -> bool:
    if one.stack != other.stack or one.environment or other.environment:
        return False
    if of_things:
        return not {_thing(path) for path in one.put} & {_thing(path) for path in other.put}
    pairs = ((f"{a}.", f"{b}.") for a in one.put for b in other.put)
    return not any(a.startswith(b) or b.startswith(a) for a, b in pairs)


def _thing(path: str) -> tuple[str, ...]:
    """The server, the environment or the data store that a path is about."""
    first, *rest = path.split(".")
    return (first, *rest[:1]) if first in ("satellites", "site", "vpn_links") else (first,)


def _together(platform: Platform, walk: Walk, batch: Sequence[tuple[str, Edit]], expected: str) -> None:
    """``expected`` is how the edits are expected to end: an outcome, or the reason of an interruption."""
    first = batch[0][1]
    if len(batch) == 1:
        result = walk.alike(first) or preview(platform, first)
        walk.add(batch[0][0], result)
        print(f"{batch[0][0]}: {result.answer}", flush=True)
        return
    put = {path: value for _, edit in batch for path, value in edit.put.items()}
    together = preview(platform, Edit(stack=first.stack, put=put, environment={}, what=""))
    changes = sum(count for types in together.plan.values() for count in types.values())
    ended = together.because if together.outcome is Outcome.INTERRUPTION else (together.outcome.value,)
    if ended == (expected,) and (together.outcome is Outcome.NOTHING or changes >= len(batch)):
        for key, edit in batch:
            walk.add(key, replace(together, put=edit.put, what=edit.what, plan={}))
        print(f"{', '.join(key for key, _ in batch)}: {together.answer}", flush=True)
        return
    middle = len(batch) // 2
    _together(platform, walk, batch[:middle], expected)
    _together(platform, walk, batch[middle:], expected)


def main(keys: Sequence[str]) -> None:
    walk = Walk()
    walk.forget(keys)
    if not any(walk.left):
        print(f"{RECORDED} has a result for every edit")
        return
    with tempfile.TemporaryDirectory(prefix="day-two-") as directory:
        platform = bring_up(Path(directory))
        try:
            walk_on(platform, walk)
        finally:
            platform.sandbox("down", check=False)


if __name__ == "__main__":
    main(sys.argv[1:])
