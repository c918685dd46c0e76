"""The three kinds of release, and which one a candidate is: decided from facts alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from release.acceptance import codes_of, spelled
from release.errors import RefusedError
from release.schema_changes import Change, Column, Effect, Table, changes, statements_of
from release.table_copies import copied

UP_TO_DATE, FAILED, NEEDED = 0, 1, 2
"""What `setup:db:status` and `app:config:status` end with."""

_SCHEMA_BEHIND = "Declarative Schema is not up to date"
"""Of `setup:db:status`, if tables are to change. It ends with 2 for patches and new modules too."""


class Kind(StrEnum):
    """What shoppers see of a release."""

    PLAIN = "plain"
    """Nothing. The database and the configuration stay as they are."""
    ADDITIVE = "additive"
    """Nothing. The database is changed first, in a way that the running release can live with."""
    HELD = "held"
    """The hold page, from the first change of the database until every host runs the new release."""
    FIRST = "first"
    """Nothing yet: the first release of a new stack, with the installation of Magento."""
    SATELLITE = "satellite"
    """Nothing of the shop. The satellite answers nothing while its one instance is deployed to."""
    ROLLBACK = "rollback"
    """Nothing. An older release is deployed again, and the database stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one of Magento's commands said."""

    exit_code: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What the candidate itself says, asked on the back office before anything is deployed."""

    release: str
    database_status: Answer
    """Of `setup:db:status`."""
    configuration_status: Answer
    """Of `app:config:status`."""
    dry_run: Answer | None = None
    """Of `dry_run.php`, with the contents of Magento's log as the text. None when nothing has to run."""
    tables: Mapping[str, Table] | None = None
    """The database's tables. None if they could not be read."""
    filled: tuple[str, ...] = ()
    """Tables and columns that Magento fills from others when it makes them, such as `sales_order.label`."""
    new_patches: tuple[str, ...] = ()
    """Classes of data and schema patches that the database does not list."""
    additive_patches: tuple[str, ...] = ()
    """Those that the release's `additive.yml` names: its developers say that the running release can live with them."""
    raised_versions: Mapping[str, str] | None = None
    """Modules whose `setup_version` is above the database's, with what it becomes."""
    unseen_scripts: tuple[str, ...] = ()
    """Scripts of modules that `setup:upgrade` runs too, and that its dry run leaves out."""
    removed_modules: tuple[str, ...] = ()
    """Modules of the running release's `config.php` that the candidate's does not have, or switches off."""
    unnamed_modules: tuple[str, ...] = ()
    """Modules of its code that its `config.php` does not name. `setup:upgrade` switches them on where it runs, and no
    other instance has them."""
    deleted_stores: tuple[str, ...] = ()
    """Codes of stores that its `app:config:import` deletes, with their settings, texts and addresses of pages."""
    running_release_ignores_versions: bool = False
    """Whether the running release's `env.php` has `deployment/blue_green/enabled`."""

    @classmethod
    def read(cls, release: str, text: str) -> Candidate:
        """From what `candidate_facts.php` printed. Raises ``RefusedError`` for anything else."""
        try:
            said: dict[str, Any] = json.loads(text)
            tables = said.get("tables")
            return cls(
                release=release,
                database_status=Answer(**said["database_status"]),
                configuration_status=Answer(**said["configuration_status"]),
                dry_run=Answer(**said["dry_run"]) if said.get("dry_run") else None,
                tables=None if tables is None else {name: _table(each) for name, each in tables.items()},
                filled=tuple(said.get("filled", ())),
                new_patches=tuple(said.get("new_patches", ())),
                additive_patches=tuple(said.get("additive_patches", ())),
                raised_versions=said.get("raised_versions"),
                unseen_scripts=tuple(said.get("unseen_scripts", ())),
                removed_modules=tuple(said.get("removed_modules", ())),
                unnamed_modules=tuple(said.get("unnamed_modules", ())),
                deleted_stores=tuple(said.get("deleted_stores", ())),
                running_release_ignores_versions=bool(said.get("running_release_ignores_versions")),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RefusedError(
                f"facts of release {release}: got {text[:200]!r} ({error}), expected one line of JSON"
            ) from None


ASKED_FOR = "--hold was given"
"""The one reason of a hold that nobody accepts."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A kind, and why."""

    kind: Kind
    reasons: tuple[str, ...]
    """For a release that is held: each of its reasons, which an operator may accept by repeating it. Otherwise what was
    found."""
    changes: tuple[Change, ...] = ()
    """All changes of the database."""
    copies: tuple[str, ...] = ()
    """The large tables that the database copies for them. They say how long the changes take, and decide nothing."""


def decide(candidate: Candidate, *, hold: bool = False, accepted: Sequence[str] = ()) -> Decision:
    """The kind of a candidate.

    `hold` asks for more caution than the facts do. `accepted` asks for less: it repeats reasons, word by word or by
    code. Raises ``RefusedError`` when a fact cannot be had, when data would be lost that nobody accepted, and for an
    acceptance of what was not found.
    """
    _check(candidate.database_status, "setup:db:status", candidate.release)
    _check(candidate.configuration_status, "app:config:status", candidate.release)
    found = tuple(_changes(candidate))
    copies = tuple(copied(_statements(candidate), candidate.tables or {}))
    lossy = losses(candidate)
    reasons = [*(each.text for each in found if each.effect is Effect.HELD), *_other_reasons(candidate)]
    accepted = spelled(accepted, [*lossy, *reasons])
    if unknown := [each for each in accepted if each not in (*lossy, *reasons)]:
        raise RefusedError(f"--accept: got {', '.join(unknown)}, expected one of the reasons that were found.")
    if lost := [each for each in lossy if each not in accepted]:
        options = " ".join(f'--accept "{each}"' for each in lost)
        raise RefusedError(
            f"Data would be lost: {'; '.join(lost)}. To go on, repeat each: {options}\n"
            f"Their codes, for Rundeck and GitHub: {codes_of(lost)}"
        )
    # What was accepted because data is lost still needs the hold: the running release may read that data.
    left = [*lossy, *(reason for reason in reasons if reason not in accepted)]
    if hold:
        left.append(ASKED_FOR)
    if left:
        return Decision(kind=Kind.HELD, reasons=tuple(left), changes=found, copies=copies)
    if candidate.database_status.exit_code == candidate.configuration_status.exit_code == UP_TO_DATE:
        return Decision(kind=Kind.PLAIN, reasons=("The database and the configuration are up to date.",))
    harmless = [*(each.text for each in found), *(f"patch {each}" for each in candidate.new_patches)]
    needed = candidate.database_status.exit_code == NEEDED
    why = tuple(harmless) or ("Modules are new." if needed else "The configuration changes.",)
    return Decision(kind=Kind.ADDITIVE, reasons=why, changes=found, copies=copies)


def losses(candidate: Candidate) -> tuple[str, ...]:
    """What would be lost, as it is accepted."""
    return (
        *(each.text for each in _changes(candidate) if each.effect is Effect.LOSSY),
        *(f"store {code} deleted, which config.php does not name" for code in candidate.deleted_stores),
    )


def _table(said: Mapping[str, Any]) -> Table:
    columns = {name: Column(**each) for name, each in said["columns"].items()}
    return Table(
        rows=said["rows"],
        size_bytes=said["size_bytes"],
        fulltext_indexes=said.get("fulltext_indexes"),
        columns=columns,
    )


def _check(answer: Answer, command: str, release: str) -> None:
    """An exit code other than 0 and 2 stops. Magento has one code for two things that its text tells apart."""
    if answer.exit_code in (UP_TO_DATE, NEEDED):
        return
    said = answer.text.strip() or "nothing"
    if "not installed" in said:
        raise RefusedError(
            f"{command} of release {release}: Magento says that it is not installed. For a new stack, run ./shop "
            "install -s STACK --admin-email ADDRESS. Otherwise env.php has no install/date, or the database is another "
            "one: run ./shop configuration -s STACK."
        )
    raise RefusedError(f"{command} of release {release}: got exit code {answer.exit_code}, expected 0 or 2: {said}")


def _changes(candidate: Candidate) -> Iterator[Change]:
    yield from changes(_statements(candidate), candidate.tables or {}, filled=candidate.filled)


def _statements(candidate: Candidate) -> Sequence[str]:
    """What would run, as far as it is known."""
    if candidate.database_status.exit_code == UP_TO_DATE or candidate.dry_run is None:
        return ()
    return statements_of(candidate.dry_run.text) if candidate.dry_run.exit_code == 0 else ()


def _other_reasons(candidate: Candidate) -> Iterator[str]:
    if candidate.database_status.exit_code == NEEDED:
        if candidate.dry_run is None or candidate.dry_run.exit_code != 0:
            said = candidate.dry_run.text.strip() if candidate.dry_run else "nothing"
            yield f"what would run is not known, since the dry run said {said}"
        elif _SCHEMA_BEHIND in candidate.database_status.text and not _statements(candidate):
            yield f"what would run is not known: setup:db:status said {_SCHEMA_BEHIND}, and no dry run shows why"
        if candidate.tables is None:
            yield "the database's tables could not be read"
        if candidate.raised_versions is None:
            yield "the versions of modules could not be read"
        for module in candidate.unnamed_modules:
            yield f"module {module} gets its tables and no instance runs it: config.php does not name it"
        for script in candidate.unseen_scripts:
            yield f"script {script}, which no dry run shows"
    for patch in candidate.new_patches:
        if patch not in candidate.additive_patches:
            yield f"patch {patch}"
    for module, version in (candidate.raised_versions or {}).items():
        yield f"setup_version of {module} raised to {version}"
    for module in candidate.removed_modules:
        yield f"module {module} removed"
    if candidate.configuration_status.exit_code == NEEDED and not candidate.running_release_ignores_versions:
        # Magento compares a hash of the system section: hosts of the running release answer 500 after the import.
        yield "a system value of env.php or config.php changes"
