"""What the statements of a dry run mean for the release that serves meanwhile."""

from __future__ import annotations

import pytest

from release.schema_changes import LARGE_TABLE_ROWS, Column, Effect, Table, changes, statements_of

COLUMNS = {
    "label": Column(type="varchar(255)", nullable=True),
    "state": Column(type="varchar(32)", nullable=False),
    "count": Column(type="int unsigned", nullable=False),
    "store_id": Column(type="smallint unsigned", nullable=True),
    "total": Column(type="decimal(12,4)", nullable=True),
    "note": Column(type="text", nullable=True),
    "made": Column(type="timestamp", nullable=True),
    "is_gift": Column(type="tinyint(1)", nullable=True),
    "kind": Column(type="enum('new','done')", nullable=True),
}
TABLES = {
    "sales_order": Table(rows=40_000, size_bytes=1 << 20, columns=COLUMNS),
    "quote": Table(rows=LARGE_TABLE_ROWS, size_bytes=1 << 30),
}
CREATE = """CREATE TABLE `client_store` (
`id` int(10) UNSIGNED NOT NULL  AUTO_INCREMENT COMMENT "Number, of (the) store",
`name` varchar(255) NOT NULL,
CONSTRAINT  PRIMARY KEY (`id`),
CONSTRAINT `U` UNIQUE KEY (`name`),
INDEX `I` (`name`),
CONSTRAINT `F` FOREIGN KEY (`id`) REFERENCES `store` (`store_id`)  ON DELETE CASCADE
) ENGINE=innodb DEFAULT CHARSET=utf8mb4 DEFAULT COLLATE=utf8mb4_general_ci COMMENT="Stores"
"""


def found(*statements: str, filled: tuple[str, ...] = ()) -> list[tuple[str, Effect]]:
    return [(each.text, each.effect) for each in changes(statements, TABLES, filled=filled)]


ADDITIVE = {
    CREATE: "table client_store new",
    'ALTER TABLE `sales_order` ADD COLUMN `a` int(11) NULL  COMMENT "it\'s"': "column sales_order.a new",
    "ALTER TABLE `sales_order` ADD COLUMN `a` int(11)": "column sales_order.a new",
    "ALTER TABLE `sales_order` ADD COLUMN `a` varchar(9) NOT NULL DEFAULT 'x, y'": "column sales_order.a new",
    "ALTER TABLE `sales_order` ADD COLUMN `a` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP": "column sales_order.a new",
    "ALTER TABLE `quote` ADD COLUMN `a` json NULL": "column quote.a new",
    "ALTER TABLE `sales_order` ADD INDEX `I` (`a`,`b`)": "index I of sales_order new",
    (
        "ALTER TABLE `sales_order` ADD COLUMN `a` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL "
        'DEFAULT "" COMMENT "-- as /* before */" AFTER `label`'
    ): "column sales_order.a new",
    (
        "ALTER TABLE `sales_order` ADD COLUMN `a` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP "
        "ON UPDATE CURRENT_TIMESTAMP"
    ): "column sales_order.a new",
}
HELD = {
    # A second row of the running release would have the same value.
    "ALTER TABLE `sales_order` ADD COLUMN `a` int NOT NULL DEFAULT 0 UNIQUE": (
        "column sales_order.a new: `a` INT NOT NULL DEFAULT 0 UNIQUE"
    ),
    "ALTER TABLE `sales_order` ADD COLUMN `a` int PRIMARY KEY": "column sales_order.a new: `a` INT PRIMARY KEY",
    "ALTER TABLE `sales_order` ADD COLUMN `a` SERIAL": "column sales_order.a new: `a` SERIAL",
    "ALTER TABLE `sales_order` ADD COLUMN `a` int NULL CHECK (`count` < 9)": (
        "column sales_order.a new: `a` INT NULL CHECK (`count` < 9)"
    ),
    "ALTER TABLE `sales_order` ADD COLUMN `a` int AS (1 / `count`) STORED": (
        "column sales_order.a new: `a` INT GENERATED ALWAYS AS (1 / `count`) STORED"
    ),
    "CREATE TABLE `a` (`b` int) SELECT * FROM `quote`": (
        "statement not understood: CREATE TABLE `a` (`b` int) SELECT * FROM `quote`"
    ),
    "CREATE TABLE IF NOT EXISTS `quote` (`b` int)": (
        "statement not understood: CREATE TABLE IF NOT EXISTS `quote` (`b` int)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `is_gift` BOOLEAN NULL DEFAULT 0": (
        "column sales_order.is_gift changed from tinyint(1) to boolean"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` text NULL": (
        "column sales_order.label changed from varchar(255) to text"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `kind` enum('new', 'done', 'lost') NULL": (
        "column sales_order.kind changed from enum('new','done') to enum('new', 'done', 'lost')"
    ),
    "ALTER TABLE `sales_order` CHANGE COLUMN `label` `name` varchar(255) NULL": (
        "column sales_order.label changed from varchar(255) to name varchar(255)"
    ),
    "ALTER TABLE `sales_order` ADD COLUMN `a` text NOT NULL": "column sales_order.a new, NOT NULL without default",
    "ALTER TABLE `quote` ADD INDEX `I` (`a`)": "index I of quote new, over 1,000,000 rows",
    "ALTER TABLE `unheard_of` ADD INDEX `I` (`a`)": "index I of unheard_of new, over an unknown number of rows",
    "ALTER TABLE `sales_order` ADD FULLTEXT INDEX `F` (`a`)": "FULLTEXT INDEX `F` (`a`) of sales_order new",
    "ALTER TABLE `sales_order` ADD CONSTRAINT `U` UNIQUE KEY (`a`)": "CONSTRAINT `U` UNIQUE (`a`) of sales_order new",
    "ALTER TABLE `sales_order` ADD CONSTRAINT `F` FOREIGN KEY (`a`) REFERENCES `o` (`x`) ON DELETE CASCADE": (
        "CONSTRAINT `F` FOREIGN KEY (`a`) REFERENCES `o` (`x`) ON DELETE CASCADE of sales_order new"
    ),
    "ALTER TABLE `sales_order` DROP FOREIGN KEY `F`": "foreign key F of sales_order dropped",
    "ALTER TABLE `sales_order` DROP KEY `U`": "index U of sales_order dropped",
    "ALTER TABLE `sales_order` DROP INDEX `I`": "index I of sales_order dropped",
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(1024) NULL": (
        "column sales_order.label changed from varchar(255) to varchar(1024)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `state` varchar(32) NULL": (
        "column sales_order.state changed from varchar(32) to varchar(32)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `count` int(5) UNSIGNED NOT NULL": (
        "column sales_order.count changed from int unsigned to int(5) unsigned"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `store_id` int(10) UNSIGNED NULL": (
        "column sales_order.store_id changed from smallint unsigned to int(10) unsigned"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `total` decimal(20, 4) NULL": (
        "column sales_order.total changed from decimal(12,4) to decimal(20, 4)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `note` mediumtext NULL": (
        "column sales_order.note changed from text to mediumtext"
    ),
}
LOSSY = {
    "ALTER TABLE `sales_order` MODIFY COLUMN `kind` enum('new') NULL": (
        "column sales_order.kind narrowed from enum('new','done') to enum('new')"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(255) CHARACTER SET latin1 NULL": (
        "column sales_order.label narrowed to the characters of latin1"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(255) COLLATE utf8mb3_bin NULL": (
        "column sales_order.label narrowed to the characters of utf8mb3_bin"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(255) AS (`note`) STORED": (
        "column sales_order.label becomes an expression"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` tinytext NULL": (
        "column sales_order.label narrowed from varchar(255) to tinytext"
    ),
    "ALTER TABLE `sales_order` CHANGE COLUMN `label` `name` varchar(10) NULL": (
        "column sales_order.label narrowed from varchar(255) to name varchar(10)"
    ),
    # Of what cannot be read, some words are enough.
    **{
        statement: f"statement not understood: {statement}"
        for statement in (
            "CREATE OR REPLACE TABLE `quote` (`a` int)",
            "ALTER TABLE `quote` ADD COLUMN `a` int NULL /*!80000 , DROP COLUMN `b` */",
            "ALTER TABLE `quote` MODIFY COLUMN IF EXISTS `a` varchar(3) NULL",
            "ALTER TABLE `quote` CONVERT TO CHARACTER SET latin1",
            "ALTER TABLE `quote` TRUNCATE PARTITION p0",
            "TRUNCATE TABLE `quote`",
            "ALTER TABLE `quote` ADD COLUMN `a` int NULL; DROP TABLE `quote`",
        )
    },
    "DROP TABLE `sales_order`": "table sales_order dropped",
    "ALTER TABLE `sales_order` DROP COLUMN `label`": "column sales_order.label dropped",
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(10) NULL": (
        "column sales_order.label narrowed from varchar(255) to varchar(10)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` varchar(255) NOT NULL DEFAULT ''": (
        "column sales_order.label becomes NOT NULL"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `label` int(10) NULL": (
        "column sales_order.label narrowed from varchar(255) to int(10)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `count` smallint(5) UNSIGNED NOT NULL": (
        "column sales_order.count narrowed from int unsigned to smallint(5) unsigned"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `count` int(10) NOT NULL": (
        "column sales_order.count narrowed from int unsigned to int(10)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `total` decimal(12, 2) NULL": (
        "column sales_order.total narrowed from decimal(12,4) to decimal(12, 2)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `total` decimal(12, 6) NULL": (
        "column sales_order.total narrowed from decimal(12,4) to decimal(12, 6)"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `made` date NULL": (
        "column sales_order.made narrowed from timestamp to date"
    ),
    "ALTER TABLE `sales_order` MODIFY COLUMN `unheard_of` text NULL": "column sales_order.unheard_of changed to text",
}


@pytest.mark.parametrize(("statement", "text"), ADDITIVE.items())
def test_the_running_release_does_not_notice(statement: str, text: str) -> None:
    assert found(statement) == [(text, Effect.ADDITIVE)]


@pytest.mark.parametrize(("statement", "text"), HELD.items())
def test_the_running_release_may_fail(statement: str, text: str) -> None:
    assert found(statement) == [(text, Effect.HELD)]


@pytest.mark.parametrize(("statement", "text"), LOSSY.items())
def test_data_would_be_lost(statement: str, text: str) -> None:
    assert found(statement) == [(text, Effect.LOSSY)]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE `sales_order` ADD COLUMN `a` GEOMETRY-ISH ((",
        "ALTER TABLE `quote` AUTO_INCREMENT = 5",
        "ALTER TABLE `quote` DEFAULT CHARSET='utf8mb4', COMMENT='y'",
        "ALTER TABLE `quote` DROP PRIMARY KEY",
        "ALTER TABLE `quote` ADD CONSTRAINT  PRIMARY KEY (`a`)",
        "ALTER TABLE `quote` ENGINE=MyISAM",
        "ALTER TABLE `quote` RENAME TO `quotes`",
        "ALTER TABLE `quote` ADD COLUMN `a` int NULL; DROP TABLE `quote`",
        "CREATE TRIGGER t BEFORE INSERT ON quote FOR EACH ROW SET @a = 1",
        "TRUNCATE TABLE `quote`",
        "",
    ],
)
def test_what_is_not_understood_is_not_harmless(statement: str) -> None:
    effects = {effect for _, effect in found(statement)}
    assert max(effects) >= Effect.HELD


def test_every_part_of_a_statement_counts() -> None:
    statement = (
        "ALTER TABLE `sales_order` ADD COLUMN `a` int NULL, ADD COLUMN `b` int NOT NULL, DROP COLUMN `label`, "
        "ADD INDEX `I` (`a`)"
    )
    assert [effect for _, effect in found(statement)] == [
        Effect.ADDITIVE,
        Effect.HELD,
        Effect.LOSSY,
        Effect.ADDITIVE,
    ]


def test_options_of_the_table_count_beside_a_new_column() -> None:
    added = ("column quote.a new", Effect.ADDITIVE)
    assert found("ALTER TABLE `quote` ADD COLUMN `a` int NULL, COMMENT='y', ENGINE=innodb") == [
        added,
        ("options of table quote changed: COMMENT='y', ENGINE=innodb", Effect.HELD),
    ]
    assert found("ALTER TABLE `quote` ADD COLUMN `a` int NULL, ENGINE=MEMORY") == [
        added,
        ("options of table quote changed: ENGINE=MEMORY", Effect.LOSSY),
    ]


def test_a_column_that_magento_fills_is_not_additive() -> None:
    statement = "ALTER TABLE `sales_order` ADD COLUMN `a` int NULL"
    text = "column sales_order.a new, filled from another column"
    assert found(statement, filled=("sales_order.a",)) == [(text, Effect.HELD)]


def test_a_table_that_magento_fills_is_not_additive() -> None:
    assert found(CREATE, filled=("client_store",)) == [
        ("table client_store new, filled from another table", Effect.HELD)
    ]


def test_a_log_is_cut_where_statements_begin() -> None:
    first = 'ALTER TABLE `sales_order` ADD COLUMN `a` int NULL COMMENT "as in ALTER TABLE"'
    log = f"{first}\n\n{CREATE}\n\nDROP TABLE `quote`;\n\n"
    assert statements_of(log) == (first, CREATE.strip(), "DROP TABLE `quote`")
    assert statements_of("") == ()
