"""Which changes copy a table, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from release.kinds import Answer, Candidate, decide
from release.schema_changes import LARGE_TABLE_ROWS, Column, Table
from release.table_copies import LARGE_BYTES, copied

GIB = 1 << 30
QUOTE = Table(
    rows=2_400_000,
    size_bytes=3 * GIB,
    fulltext_indexes=0,
    columns={
        "label": Column(type="varchar(255)", nullable=True),
        "state": Column(type="varchar(32)", nullable=False),
        "page": Column(type="varchar(256)", nullable=True),
        "count": Column(type="int unsigned", nullable=False),
        "total": Column(type="decimal(12,4)", nullable=True),
        "made": Column(type="timestamp", nullable=False),
    },
)
SAID = "Table quote is copied: about 2,400,000 rows, 3.0 GiB, an estimated 74 s or more."


def found(*statements: str, table: Table = QUOTE) -> list[str]:
    return list(copied([f"ALTER TABLE `quote` {each}" for each in statements], {"quote": table}))


@pytest.mark.parametrize(
    "action",
    [
        "ADD COLUMN `a` int NULL COMMENT 'x'",
        "ADD COLUMN `a` varchar(9) NOT NULL DEFAULT 'x', ADD COLUMN `b` json",
        "ADD INDEX `I` (`a`), ADD CONSTRAINT `U` UNIQUE KEY (`b`)",
        "DROP INDEX `I`, DROP KEY `U`, DROP FOREIGN KEY `F`",
        "MODIFY COLUMN `state` varchar(32) NOT NULL DEFAULT 'new'",
        "MODIFY COLUMN `state` varchar(63) NOT NULL",
        "MODIFY COLUMN `page` varchar(1024) NULL COMMENT 'x'",
        "MODIFY COLUMN `count` int(5) UNSIGNED NOT NULL DEFAULT 0",
        "MODIFY COLUMN `made` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP",
        "RENAME TO `quotes`",
    ],
)
def test_what_leaves_the_rows_where_they_are(action: str) -> None:
    assert found(action) == []


@pytest.mark.parametrize(
    "action",
    [
        "ADD COLUMN `a` int NOT NULL AUTO_INCREMENT",
        "ADD COLUMN `a` int NULL AFTER `label`",
        "ADD COLUMN `a` int NULL, ADD INDEX `I` (`a`)",
        "ADD FULLTEXT INDEX `F` (`label`)",
        "ADD CONSTRAINT `F` FOREIGN KEY (`a`) REFERENCES `o` (`x`) ON DELETE CASCADE",
        "ADD CONSTRAINT  PRIMARY KEY (`a`)",
        "DROP PRIMARY KEY",
        "DROP COLUMN `label`",
        "DROP INDEX `I`, DROP COLUMN `label`",
        "MODIFY COLUMN `label` varchar(1024) NULL",
        "MODIFY COLUMN `state` varchar(64) NOT NULL",
        "MODIFY COLUMN `state` varchar(16) NOT NULL",
        "MODIFY COLUMN `state` varchar(32) NULL",
        "MODIFY COLUMN `state` varchar(32) CHARACTER SET utf8mb4 NOT NULL",
        "MODIFY COLUMN `state` varchar(32) NOT NULL FIRST",
        "MODIFY COLUMN `count` bigint UNSIGNED NOT NULL",
        "MODIFY COLUMN `count` int NOT NULL",
        "MODIFY COLUMN `total` decimal(20, 4) NULL",
        "MODIFY COLUMN `made` timestamp NOT NULL ON UPDATE CURRENT_TIMESTAMP",
        "MODIFY COLUMN `unheard_of` int NULL",
        "DEFAULT CHARSET='utf8mb4', COMMENT='y'",
        "ENGINE=InnoDB",
        "ADD COLUMN `a` GEOMETRY-ISH ((",
    ],
)
def test_what_copies_the_table_or_may(action: str) -> None:
    assert found(action) == [SAID]


def test_a_new_column_rebuilds_a_table_with_a_fulltext_index() -> None:
    """Nor is it known to be instant when an older candidate does not say whether there is such an index."""
    for indexes in (1, None):
        assert found("ADD COLUMN `a` int NULL", table=replace(QUOTE, fulltext_indexes=indexes)) == [SAID]


def test_a_table_is_said_once_and_when_it_is_large() -> None:
    dropped = "DROP COLUMN `label`"
    assert found(dropped, "DROP COLUMN `page`") == [SAID]
    assert found(dropped, table=replace(QUOTE, rows=LARGE_TABLE_ROWS - 1, size_bytes=LARGE_BYTES - 1)) == []
    assert found(dropped, table=replace(QUOTE, rows=LARGE_TABLE_ROWS, size_bytes=1 << 20))
    assert found(dropped, table=replace(QUOTE, rows=1, size_bytes=LARGE_BYTES))


def test_a_table_of_which_nothing_is_known() -> None:
    assert list(copied(["ALTER TABLE `quote` DROP COLUMN `label`"], {})) == [
        "Table quote is copied: an unknown number of rows."
    ]


def test_a_table_that_is_new_has_no_rows() -> None:
    new = ["CREATE TABLE `quote` (`id` int NOT NULL)", "ALTER TABLE `quote` ADD FULLTEXT INDEX `F` (`label`)"]
    assert list(copied(new, {})) == []


def test_a_copy_decides_nothing() -> None:
    """The kind and its reasons are what they are for a small table."""
    needed, nothing = Answer(exit_code=2, text=""), Answer(exit_code=0, text="")

    def decided(table: Table) -> tuple[object, object, object]:
        added = "ALTER TABLE `quote` ADD COLUMN `a` int NULL"
        decision = decide(
            Candidate(
                release="r2",
                database_status=needed,
                configuration_status=nothing,
                dry_run=Answer(exit_code=0, text=added),
                tables={"quote": table},
                raised_versions={},
            )
        )
        return decision.kind, decision.reasons, decision.copies

    kind, reasons, copies = decided(replace(QUOTE, fulltext_indexes=1))
    assert copies == (SAID,)
    assert decided(replace(QUOTE, rows=9, size_bytes=9)) == (kind, reasons, ())
