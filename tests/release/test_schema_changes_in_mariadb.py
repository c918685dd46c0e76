"""What is said of random statements, and what MariaDB does by them to rows and to what the running release writes."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from release.schema_changes import Column, Effect, Table, changes
from sandbox.tests.applications.conftest import data_stores, database
from sandbox.tests.applications.servers import Stores

__all__ = ["data_stores", "database"]
OLD = {
    "label": ("varchar(20) CHARACTER SET utf8mb4 NULL", "REPEAT('😀', 20)"),
    "code": ("varchar(8) CHARACTER SET utf8mb4 NOT NULL", "REPEAT('é', 8)"),
    "amount": ("int(10) unsigned NOT NULL", "4294967295"),
    "price": ("decimal(12,4) NULL", "12345678.4321"),
    "flag": ("tinyint(1) NULL", "-128"),
    "state": ("enum('new','done') NULL", "'done'"),
    "note": ("text CHARACTER SET utf8mb4 NULL", "REPEAT('x', 65535)"),
    "made": ("datetime NULL", "'2026-11-27 11:12:13'"),
    "ratio": ("double NULL", "1.0000000001"),
}
TYPES = st.sampled_from(
    [
        *("int(10)", "int(10) UNSIGNED", "bigint", "smallint(5)", "BOOLEAN", "SERIAL", "float", "double", "date"),
        *("varchar(8)", "varchar(20)", "varchar(300)", "tinytext", "text", "longtext", "datetime", "timestamp"),
        *("decimal(12, 4)", "decimal(20, 4)", "decimal(20, 6)", "decimal(12, 2)", "enum('new')", "blob"),
        *(
            "enum('new','done')",
            "enum('new', 'done', 'lost')",
            "enum('done','new')",
            "varchar(20) CHARACTER SET latin1",
        ),
        *("varchar(20) CHARACTER SET utf8mb4", "varchar(20) COLLATE ascii_bin", "char(20)"),
    ]
)
ATTRIBUTES = st.lists(
    st.sampled_from(
        [
            *(
                "NULL",
                "NOT NULL",
                "DEFAULT 0",
                "DEFAULT '1'",
                "DEFAULT (1)",
                "DEFAULT NULL",
                'COMMENT "a, DROP COLUMN b"',
            ),
            *("UNIQUE", "PRIMARY KEY", "AUTO_INCREMENT", "CHECK (amount < 9)", "GENERATED ALWAYS AS (amount) STORED"),
            *("AS (amount)", "FIRST", "AFTER `code`", "REFERENCES other (id)", "ON UPDATE CURRENT_TIMESTAMP"),
            *("/*!50000 , DROP COLUMN note */", "/*M! NOT NULL */", "/* note */", "INVISIBLE"),
        ]
    ),
    max_size=2,
    unique=True,
).map(" ".join)
NAMES = st.sampled_from(list(OLD))
ACTIONS = st.one_of(
    st.builds("ADD COLUMN `fresh` {} {}".format, TYPES, ATTRIBUTES),
    st.builds("ADD `fresher` {} {}".format, TYPES, ATTRIBUTES),
    st.builds("MODIFY COLUMN `{}` {} {}".format, NAMES, TYPES, ATTRIBUTES),
    st.builds("CHANGE `{0}` `{0}` {1} {2}".format, NAMES, TYPES, ATTRIBUTES),
    st.builds("CHANGE COLUMN {} renamed {} {}".format, NAMES, TYPES, ATTRIBUTES),
    st.builds("ADD {} `i` (`code`)".format, st.sampled_from(["INDEX", "KEY", "UNIQUE KEY", "FULLTEXT INDEX"])),
    st.builds("DROP {}`{}`".format, st.sampled_from(["", "COLUMN ", "COLUMN IF EXISTS "]), NAMES),
    st.sampled_from(
        [
            *("DROP INDEX `by_code`", "DROP PRIMARY KEY", "ENGINE=MyISAM", "ENGINE=MEMORY", "ENGINE=innodb"),
            *(
                "COMMENT='x'",
                "DEFAULT CHARSET=latin1",
                "CONVERT TO CHARACTER SET latin1",
                "CHECKSUM=1",
                "ORDER BY `code`",
            ),
            *("RENAME COLUMN `code` TO `renamed`", "ALTER COLUMN `code` SET DEFAULT 'x'", "ADD CHECK (amount < 9)"),
            *(
                "ADD CONSTRAINT `c` CHECK (amount < 9)",
                "ADD CONSTRAINT `f` FOREIGN KEY (`amount`) REFERENCES other (id)",
            ),
        ]
    ),
)
STATEMENTS = st.lists(ACTIONS, min_size=1, max_size=2).map(lambda actions: f"ALTER TABLE `old` {', '.join(actions)}")


def said_of(statement: str, table: Table) -> Effect:
    return max(each.effect for each in changes([statement], {"old": table}))


@pytest.mark.long
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(statement=STATEMENTS)
@example(statement="ALTER TABLE `old` ADD COLUMN `fresh` int NULL, ENGINE=MEMORY")
@example(statement="ALTER TABLE `old` ADD COLUMN `fresh` int NULL /*!50000 , DROP COLUMN note */")
@example(statement="ALTER TABLE `old` ADD COLUMN `fresh` int NOT NULL DEFAULT 0 UNIQUE")
@example(statement="ALTER TABLE `old` ADD COLUMN `fresh` int NULL DEFAULT 9 CHECK (amount < fresh)")
@example(statement="ALTER TABLE `old` MODIFY COLUMN `state` enum('new') NULL")
@example(statement="ALTER TABLE `old` MODIFY COLUMN `label` varchar(20) CHARACTER SET latin1 NULL")
def test_what_is_said_of_a_statement_is_what_mariadb_does(data_stores: Stores, database: str, statement: str) -> None:
    def sql(text: str, mode: str = "") -> str:
        # As Magento's connections have it: what does not fit is cut.
        return data_stores.sql(f"SET SESSION sql_mode = '{mode}'; SET NAMES utf8mb4; {text}", database)

    columns = ", ".join(f"`{name}` {definition}" for name, (definition, _) in OLD.items())
    named, values = ", ".join(f"`{name}`" for name in OLD), ", ".join(value for _, value in OLD.values())
    insert = f"INSERT INTO old ({named}) VALUES ({values})"
    types = (
        "SELECT column_name, column_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name = 'old'"
    )
    said = sql(
        "DROP TABLE IF EXISTS old, kept, other; CREATE TABLE other (id int unsigned PRIMARY KEY);"
        f"CREATE TABLE old (id int AUTO_INCREMENT PRIMARY KEY, {columns}, KEY by_code (code)) CHARSET utf8mb4;"
        f"INSERT INTO other VALUES (4294967295); {insert}; INSERT INTO old (code, amount) VALUES ('', 0);"
        f"CREATE TABLE kept AS SELECT * FROM old; {types}"
    )
    before = [line.split("\t") for line in said.splitlines()]
    table = Table(
        rows=2, size_bytes=1, columns={name: Column(type=kind, nullable=may == "YES") for name, kind, may in before}
    )
    effect = said_of(statement, table)
    try:
        sql(statement)
    except AssertionError:
        assume(False)  # MariaDB refuses it, and Magento stops.
    after = [line.split("\t") for line in sql(types).splitlines()]
    now = {name: name for name, *_ in after}
    now |= {name: "renamed" for name in OLD if re.search(f"{name}`? (?:TO )?`?renamed", statement)}
    changed = " OR ".join(f"NOT (old.`{now[name]}` <=> kept.`{name}`)" for name in OLD if name in now)
    rows, engine = sql(
        f"SELECT COUNT(*) FROM old JOIN kept USING (id) WHERE {changed}; SELECT engine FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_name = 'old'"
    ).splitlines()
    if rows != "0" or engine != "InnoDB" or not OLD.keys() <= now.keys():
        assert effect is Effect.LOSSY
    if effect is Effect.ADDITIVE:
        assert all(each in after for each in before)
        sql(f"{insert}; {insert}", "STRICT_ALL_TABLES")
