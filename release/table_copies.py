"""The large tables that a database would copy for the changes of a release, and how long that takes at the least.

Which changes copy is from "Online DDL Operations" (MySQL 8.0 and 8.4) and "InnoDB Online DDL Operations with the
INSTANT Alter Algorithm" (MariaDB). A table that is rebuilt in place is copied too. What is not known to be no copy in
every version is counted as one, such as a dropped column, for which MySQL copies the table before 8.0.29. The rebuild
after 64 instant changes of a table is not counted: only an administrator of the database sees their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from release.schema_changes import Table, constraints_of, is_nullable, parsed, read_type, table_of

LARGE_BYTES = 1 << 30
"""From this size on, a copy is said. So it is for a table that is large by its rows."""
_BYTES_PER_SECOND = 125 * (1 << 20)
"""The throughput of gp3 storage below 400 GiB ("Amazon RDS DB instance storage")."""
_TIMES = 3
"""Each byte is read once and written twice: first to the doublewrite buffer ("Doublewrite Buffer")."""
ESTIMATE = (
    "The seconds are an estimate of the least: each byte is read once and written twice, at the 125 MiB/s of gp3 "
    'storage below 400 GiB ("Amazon RDS DB instance storage").'
)
_SHORT, _LONG = 63, 256
"""Of a varchar: up to so many characters, its length takes one byte in any character set, and from so many on two. It
is copied when one byte becomes two."""
_NAMED = re.compile(r"ALTER TABLE `?(\w+)`?")


def copied(statements: Sequence[str], tables: Mapping[str, Table]) -> Iterator[str]:
    """A sentence for each large table that the statements copy. `tables` has every table that is there."""
    created = {table_of(read) for each in statements if isinstance(read := parsed(each), exp.Create)}
    named = dict.fromkeys(name for each in statements for name in _copied_by(each, tables))
    for name in (each for each in named if each not in created):
        table = tables.get(name)
        if table is None:
            yield f"Table {name} is copied: an unknown number of rows."
        elif table.is_large or table.size_bytes >= LARGE_BYTES:
            seconds = table.size_bytes * _TIMES / _BYTES_PER_SECOND
            size = f"{table.size_bytes / (1 << 30):.1f} GiB"
            yield f"Table {name} is copied: about {table.rows:,} rows, {size}, an estimated {seconds:.0f} s or more."


def _copied_by(statement: str, tables: Mapping[str, Table]) -> Iterator[str]:
    match parsed(statement):
        case exp.Create() | exp.Drop():
            return
        case exp.Alter(kind="TABLE") as read if _is_in_place(read, tables.get(table_of(read))):
            return
        case _:
            yield from _NAMED.findall(statement)[:1]


def _is_in_place(read: exp.Alter, table: Table | None) -> bool:
    """Whether each action of a statement leaves the table's rows where they are."""
    actions = read.args.get("actions") or ()
    if read.args.get("options") or not actions:
        return False
    if any(isinstance(each, exp.ColumnDef) for each in actions):
        # Together with anything else, a new column is no instant change ("Adding a column").
        return all(isinstance(each, exp.ColumnDef) and _is_instant(each, table) for each in actions)
    return all(_leaves_rows(each, table) for each in actions)


def _is_instant(column: exp.ColumnDef, table: Table | None) -> bool:
    """Not so in a table with a full-text index, nor, before MySQL 8.0.29, between other columns."""
    if table is None or table.fulltext_indexes != 0 or column.args.get("position"):
        return False
    return _has_only(column, exp.NotNullColumnConstraint, exp.DefaultColumnConstraint, exp.CommentColumnConstraint)


def _leaves_rows(action: exp.Expr, table: Table | None) -> bool:
    match action:
        case exp.AddConstraint(expressions=added):
            return all(_is_secondary_index(each) for each in added)
        case exp.Drop(kind="INDEX" | "KEY" | "FOREIGN KEY"):
            return True
        case exp.AlterRename():
            return True
        case exp.ModifyColumn(this=exp.ColumnDef() as column):
            return _fits_in_place(column, table)
        case _:
            return False


def _is_secondary_index(added: exp.Expr) -> bool:
    """A foreign key copies the table unless the session does not check it. The first full-text index rebuilds it."""
    if isinstance(added, exp.IndexColumnConstraint):
        return not added.args.get("kind")
    return isinstance(added, exp.Constraint) and all(
        isinstance(each, exp.UniqueColumnConstraint) for each in added.expressions
    )


def _fits_in_place(column: exp.ColumnDef, table: Table | None) -> bool:
    """Another default or comment, or a longer varchar whose length takes as many bytes as before."""
    before = table.columns.get(column.name) if table else None
    if before is None or column.args.get("position") or before.nullable != is_nullable(column):
        return False
    if not _has_only(column, exp.NotNullColumnConstraint, exp.DefaultColumnConstraint, exp.CommentColumnConstraint):
        return False
    kind, sizes, unsigned = read_type(before.type)
    wanted, new_sizes, new_unsigned = read_type(column.args["kind"].sql("mysql").lower())
    if (kind, unsigned) != (wanted, new_unsigned):
        return False
    if kind.endswith("int") or sizes == new_sizes:
        # The number of an integer is how wide it is shown.
        return True
    if kind != "varchar":
        return False
    (old,), (new,) = sizes, new_sizes
    return old < new and (new <= _SHORT or old >= _LONG)


def _has_only(column: exp.ColumnDef, *kinds: type[exp.Expr]) -> bool:
    return all(isinstance(each, kinds) for each in constraints_of(column, exp.Expr))
