"""What Magento would do to the database, statement by statement, and whether the running release can live with it.

The statements are those of `setup:upgrade --dry-run=1`. A statement that cannot be read is never taken for harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

LARGE_TABLE_ROWS = 1_000_000
"""From this many rows on, building an index or copying a table takes long enough that shoppers would notice."""
_STATEMENT = re.compile(r"^(?=(?:ALTER|CREATE|DROP) TABLE )", re.MULTILINE)
_SIZES = {
    **{name: rank for rank, name in enumerate(("tinyint", "smallint", "mediumint", "int", "bigint"))},
    **{name: rank for rank, name in enumerate(("tinytext", "text", "mediumtext", "longtext"))},
    **{name: rank for rank, name in enumerate(("tinyblob", "blob", "mediumblob", "longblob"))},
}
_FAMILY = {name: name[-3:] for name in _SIZES}


class Effect(IntEnum):
    """What a change means for a release that rolls from host to host, from harmless to worst."""

    ADDITIVE = 0
    """The running release does not notice it."""
    HELD = 1
    """The running release may fail, or the change takes long: shoppers see the hold page meanwhile."""
    LOSSY = 2
    """Data is lost or cut: Magento does it without a word."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of the database."""

    text: str
    """In a few words, such as `column sales_order.label narrowed from varchar(255) to varchar(10)`."""
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column as the database has it."""

    type: str
    """As MySQL writes it, such as `int unsigned` or `varchar(255)`."""
    nullable: bool


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as the database has it."""

    rows: int
    """As InnoDB estimates."""
    size_bytes: int
    """Of its rows and indexes."""
    fulltext_indexes: int | None = None
    """None if the candidate is too old to say."""
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def is_large(self) -> bool:
        return self.rows >= LARGE_TABLE_ROWS


def statements_of(log: str) -> tuple[str, ...]:
    """The statements in `var/log/dry-run-installation.log`. Magento writes them one after the other, without an end."""
    return tuple(statement.strip().rstrip(";") for statement in _STATEMENT.split(log) if statement.strip())


def changes(statements: Sequence[str], tables: Mapping[str, Table], *, filled: Sequence[str] = ()) -> Iterator[Change]:
    """What the statements change.

    `tables` has every table that is there and is named, by its name. `filled` are new tables and columns, such as
    `sales_order.label`, that Magento fills from others (`onCreate="migrateDataFrom(…)"`), which no statement of a dry
    run shows.
    """
    for statement in statements:
        match read := parsed(statement):
            case exp.Create(kind="TABLE") if table_of(read) in filled:
                yield Change(text=f"table {table_of(read)} new, filled from another table", effect=Effect.HELD)
            case exp.Create(kind="TABLE"):
                yield Change(text=f"table {table_of(read)} new", effect=Effect.ADDITIVE)
            case exp.Drop(kind="TABLE"):
                names = [each.name for each in read.args["tables"]]
                yield from (Change(text=f"table {name} dropped", effect=Effect.LOSSY) for name in names)
            case exp.Alter(kind="TABLE") if read.args.get("actions"):
                yield from _alterations(read, tables, filled)
            case exp.Alter(kind="TABLE") if read.args.get("options"):
                yield Change(text=f"options of table {table_of(read)} changed: {statement}", effect=Effect.HELD)
            case _:
                yield Change(text=f"statement not understood: {statement}", effect=Effect.HELD)


def parsed(statement: str) -> exp.Expr | None:
    """A statement's parts. None if it cannot be read."""
    try:
        return sqlglot.parse_one(statement, read="mysql")
    except SqlglotError:
        return None


def _alterations(read: exp.Alter, tables: Mapping[str, Table], filled: Sequence[str]) -> Iterator[Change]:
    name = table_of(read)
    table = tables.get(name)
    for action in read.args["actions"]:
        match action:
            case exp.ColumnDef():
                yield _new_column(name, action, filled)
            case exp.AddConstraint():
                yield from (_addition(name, table, each) for each in action.expressions)
            case exp.ModifyColumn(this=exp.ColumnDef() as column):
                yield _modification(name, table, column)
            case exp.Drop(kind="COLUMN", args={"tables": [dropped]}):
                yield Change(text=f"column {name}.{dropped.name} dropped", effect=Effect.LOSSY)
            case exp.Drop(kind=str(kind), args={"tables": [dropped]}):
                yield Change(text=f"{kind.lower()} {dropped.name} of {name} dropped", effect=Effect.HELD)
            case _:
                text = f"change of table {name} not understood: {action.sql('mysql')}"
                yield Change(text=text, effect=Effect.HELD)


def _new_column(table: str, column: exp.ColumnDef, filled: Sequence[str]) -> Change:
    name = f"column {table}.{column.name} new"
    if f"{table}.{column.name}" in filled:
        return Change(text=f"{name}, filled from another column", effect=Effect.HELD)
    if is_nullable(column) or _has(column, exp.DefaultColumnConstraint):
        return Change(text=name, effect=Effect.ADDITIVE)
    # In MySQL's strict mode, each INSERT of the running release would fail.
    return Change(text=f"{name}, NOT NULL without default", effect=Effect.HELD)


def _addition(name: str, table: Table | None, added: exp.Expr) -> Change:
    if isinstance(added, exp.IndexColumnConstraint) and not added.args.get("kind"):
        if table is not None and not table.is_large:
            return Change(text=f"index {added.name} of {name} new", effect=Effect.ADDITIVE)
        rows = f"{table.rows:,} rows" if table else "an unknown number of rows"
        return Change(text=f"index {added.name} of {name} new, over {rows}", effect=Effect.HELD)
    return Change(text=f"{added.sql('mysql')} of {name} new", effect=Effect.HELD)


def _modification(name: str, table: Table | None, column: exp.ColumnDef) -> Change:
    wanted = column.args["kind"].sql("mysql").lower()
    before = table.columns.get(column.name) if table else None
    what = f"column {name}.{column.name}"
    if before is None:
        return Change(text=f"{what} changed to {wanted}", effect=Effect.LOSSY)
    if before.nullable and not is_nullable(column):
        return Change(text=f"{what} becomes NOT NULL", effect=Effect.LOSSY)
    if _is_narrower(before.type, wanted):
        return Change(text=f"{what} narrowed from {before.type} to {wanted}", effect=Effect.LOSSY)
    return Change(text=f"{what} changed from {before.type} to {wanted}", effect=Effect.HELD)


def _is_narrower(before: str, after: str) -> bool:
    """Whether a value of one type might not fit into the other. Two types that have no order: yes."""
    (kind, sizes, unsigned), (new_kind, new_sizes, new_unsigned) = read_type(before), read_type(after)
    if kind in _SIZES and new_kind in _SIZES and _FAMILY[kind] == _FAMILY[new_kind]:
        # The number of an integer, such as that of int(10), is how wide it is shown, and not what fits.
        return _SIZES[new_kind] < _SIZES[kind] or unsigned != new_unsigned
    if kind != new_kind or len(sizes) != len(new_sizes) or unsigned != new_unsigned:
        return True
    if kind == "decimal":
        # Digits before the point, and after it.
        return new_sizes[0] - new_sizes[1] < sizes[0] - sizes[1] or new_sizes[1] < sizes[1]
    return any(new < old for old, new in zip(sizes, new_sizes, strict=True))


def read_type(text: str) -> tuple[str, tuple[int, ...], bool]:
    """A type's name, the numbers in its parentheses, and whether it is unsigned."""
    name = re.match(r"[a-z]+", text)
    sizes = re.search(r"\(([\d, ]+)\)", text)
    kind = name.group() if name else text
    return (
        "int" if kind == "integer" else kind,
        tuple(int(each) for each in sizes.group(1).split(",")) if sizes else (),
        "unsigned" in text,
    )


def is_nullable(column: exp.ColumnDef) -> bool:
    """Whether a column may be empty, as a statement has it."""
    constraint = next(constraints_of(column, exp.NotNullColumnConstraint), None)
    return constraint is None or bool(constraint.args.get("allow_null"))


def _has(column: exp.ColumnDef, kind: type[exp.Expr]) -> bool:
    return any(True for _ in constraints_of(column, kind))


def constraints_of(column: exp.ColumnDef, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """What a statement says of a column beside its type, of one kind."""
    return (each.args["kind"] for each in column.args.get("constraints", ()) if isinstance(each.args["kind"], kind))


def table_of(read: exp.Expr) -> str:
    """The table that a statement is about."""
    found = read.find(exp.Table)
    return found.name if found is not None else "?"
