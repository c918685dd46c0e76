"""Which kind a candidate is, from what it says itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from commands.errors import ExitCode
from release.acceptance import code_of
from release.errors import RefusedError
from release.frozen_plan import Version, digest_of
from release.kinds import Answer, Candidate, Kind, decide
from release.schema_changes import LARGE_TABLE_ROWS, Column, Table

UP_TO_DATE = Answer(exit_code=0, text="All modules are up to date.\n")
NEEDED = Answer(exit_code=2, text="Declarative Schema is not up to date\n")
TABLES = {"sales_order": Table(rows=9, size_bytes=16384, columns={"label": Column(type="varchar(255)", nullable=True)})}
PLAIN = Candidate(
    release="r2",
    database_status=UP_TO_DATE,
    configuration_status=UP_TO_DATE,
    tables=TABLES,
    raised_versions={},
)
NEW_COLUMN = "ALTER TABLE `sales_order` ADD COLUMN `gift` int NULL"
NARROWED = "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(10) NULL"
DROPPED = "ALTER TABLE `sales_order` DROP COLUMN `label`"
PATCH = "Client\\Store\\Setup\\Patch\\Data\\AddStore"


def upgraded(*statements: str, **changes: Any) -> Candidate:
    """A candidate whose `setup:upgrade` would run these statements."""
    dry_run = Answer(exit_code=0, text="\n\n".join(statements))
    return replace(PLAIN, **{"database_status": NEEDED, "dry_run": dry_run, **changes})


@pytest.mark.row(21)
def test_a_candidate_with_nothing_to_do_is_plain() -> None:
    assert decide(PLAIN).kind is Kind.PLAIN


def test_harmless_changes_are_additive() -> None:
    decision = decide(upgraded(NEW_COLUMN, new_patches=(PATCH,), additive_patches=(PATCH,)))
    assert decision.kind is Kind.ADDITIVE
    assert decision.reasons == ("column sales_order.gift new", f"patch {PATCH}")


def test_a_new_module_without_tables_is_additive() -> None:
    decision = decide(upgraded(database_status=replace(NEEDED, text="The module code base doesn't match the DB")))
    assert (decision.kind, decision.reasons) == (Kind.ADDITIVE, ("Modules are new.",))


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (upgraded("ALTER TABLE `sales_order` ADD COLUMN `gift` int NOT NULL"), "column sales_order.gift new, NOT NULL"),
        (upgraded(NEW_COLUMN, filled=("sales_order.gift",)), "filled from another column"),
        (upgraded(NEW_COLUMN, new_patches=(PATCH,)), f"patch {PATCH}"),
        (upgraded(NEW_COLUMN, raised_versions={"Client_Store": "1.0.1"}), "setup_version of Client_Store raised"),
        (upgraded(NEW_COLUMN, removed_modules=("Client_Store",)), "module Client_Store removed"),
        (upgraded(NEW_COLUMN, unnamed_modules=("Client_Gift",)), "module Client_Gift gets its tables and no instance"),
        (upgraded(NEW_COLUMN, unseen_scripts=("Client_Store/Setup/InstallData.php",)), "script Client_Store/Setup"),
        (upgraded("something else"), "statement not understood"),
        (upgraded(NEW_COLUMN, tables=None), "tables could not be read"),
        (upgraded(NEW_COLUMN, raised_versions=None), "versions of modules could not be read"),
        (replace(PLAIN, database_status=NEEDED), "what would run is not known"),
        (replace(PLAIN, database_status=NEEDED, dry_run=Answer(exit_code=1, text="Out of memory")), "Out of memory"),
        (upgraded(), "setup:db:status said Declarative Schema is not up to date, and no dry run shows why"),
        (replace(PLAIN, configuration_status=NEEDED), "a system value"),
        (replace(PLAIN, new_patches=(PATCH,)), f"patch {PATCH}"),
    ],
)
def test_anything_else_is_held_and_says_why(candidate: Candidate, reason: str) -> None:
    decision = decide(candidate)
    assert decision.kind is Kind.HELD
    assert any(reason in each for each in decision.reasons), decision.reasons


VERSION = Version(label="r2", release="r2", bundle="s3://b/r2.zip")
LARGE = replace(TABLES["sales_order"], rows=LARGE_TABLE_ROWS)


def facts_of(candidate: Candidate) -> str:
    return digest_of(candidate, to=VERSION, previous=VERSION, environments={"front": "e-1"})


@pytest.mark.parametrize(
    "change",
    [
        {"running_release_ignores_versions": True},
        {"additive_patches": (PATCH,)},
        {"filled": ("sales_order.gift",)},
        {"unseen_scripts": ("Client_Store/Setup/Recurring.php",)},
        {"tables": {"sales_order": LARGE}},
        {"tables": {"sales_order": replace(TABLES["sales_order"], columns={})}},
        {"tables": None},
        {"raised_versions": None},
        {"dry_run": Answer(exit_code=1, text=NEW_COLUMN)},
    ],
)
def test_a_plan_is_of_all_facts_that_it_was_decided_from(change: dict[str, Any]) -> None:
    candidate = upgraded(NEW_COLUMN)
    assert facts_of(replace(candidate, **change)) != facts_of(candidate)


def test_an_estimate_and_the_words_of_an_answer_are_no_facts_of_a_plan() -> None:
    candidate = upgraded(NEW_COLUMN)
    tables = {"sales_order": replace(TABLES["sales_order"], rows=10, size_bytes=32768)}
    said = replace(candidate, tables=tables, database_status=replace(NEEDED, text="Not up to date"))
    assert facts_of(said) == facts_of(candidate)


def test_an_operator_may_ask_for_more_caution() -> None:
    assert decide(PLAIN, hold=True).kind is Kind.HELD


def test_an_operator_may_ask_for_less_by_repeating_the_reason() -> None:
    candidate = upgraded(NEW_COLUMN, new_patches=(PATCH,))
    assert decide(candidate, accepted=[f"patch {PATCH}"]).kind is Kind.ADDITIVE
    with pytest.raises(RefusedError, match="--accept: got patch, expected one of the reasons"):
        decide(candidate, accepted=["patch"])


def test_a_reason_is_accepted_by_its_code_too() -> None:
    """A form of Rundeck or GitHub takes codes, and a code stands for the words that were printed and for no others."""
    candidate = upgraded(NEW_COLUMN, new_patches=(PATCH,))
    code = code_of(f"patch {PATCH}")
    assert re.fullmatch("[0-9a-f]{8}", code)
    assert decide(candidate, accepted=[code]).kind is Kind.ADDITIVE
    assert decide(candidate, accepted=["none"]).kind is Kind.HELD
    with pytest.raises(RefusedError, match="--accept: got 00000000, expected one of the reasons"):
        decide(candidate, accepted=[f"{code},00000000"])
    with pytest.raises(RefusedError) as refused:
        decide(upgraded(NARROWED, DROPPED))
    said = str(refused.value).splitlines()[-1]
    codes = said.removeprefix("Their codes, for Rundeck and GitHub: ")
    assert len(codes.split(",")) == 2
    assert decide(upgraded(NARROWED, DROPPED), accepted=[codes]).kind is Kind.HELD


def test_lost_data_is_refused_until_it_is_named_and_held_then() -> None:
    with pytest.raises(RefusedError) as refused:
        decide(upgraded(NARROWED, NEW_COLUMN))
    reason = "column sales_order.label narrowed from varchar(255) to varchar(10)"
    assert f'--accept "{reason}"' in str(refused.value)
    assert refused.value.exit_code is ExitCode.COULD_NOT_RUN
    assert decide(upgraded(NARROWED, NEW_COLUMN), accepted=[reason]).kind is Kind.HELD


def test_a_changed_system_value_is_additive_where_the_running_release_may_see_it() -> None:
    candidate = replace(PLAIN, configuration_status=NEEDED, running_release_ignores_versions=True)
    assert decide(candidate).kind is Kind.ADDITIVE


@pytest.mark.parametrize("field", ["database_status", "configuration_status"])
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(exit_code=1, text="No information is available: the Magento application is not installed."), "install"),
        (Answer(exit_code=1, text="SQLSTATE[HY000] [2002] Connection refused"), "Connection refused"),
        (Answer(exit_code=255, text=""), "got exit code 255, expected 0 or 2: nothing"),
    ],
)
def test_other_exit_codes_stop(field: str, answer: Answer, says: str) -> None:
    with pytest.raises(RefusedError, match=says.replace("[", r"\[")):
        decide(upgraded(**{field: answer}))
