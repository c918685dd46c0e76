"""What Magento would do to the database, statement by statement, and whether the running release can live with it.

The statements are those of Magento's dry run. A statement that cannot be read is never taken for harmless.
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
_SAME_TYPE = {"integer": "int", "boolean": "tinyint", "bool": "tinyint"}
"""MySQL's names for types that it has under another one. Magento writes BOOLEAN, and the database says tinyint(1)."""
_TEXT_BYTES = {"tinytext": (1 << 8) - 1, "text": (1 << 16) - 1, "mediumtext": (1 << 24) - 1, "longtext": (1 << 32) - 1}
_BYTES_PER_CHARACTER = 4
"""At most, in utf8mb4."""
_UNICODE = "utf8mb4"
"""The one character set that has a place for every character of the others."""
_OF_NEW_TABLE = (exp.EngineProperty, exp.CharacterSetProperty, exp.CollateProperty, exp.SchemaCommentProperty)
_OF_NEW_COLUMN = (
    *(exp.NotNullColumnConstraint, exp.DefaultColumnConstraint, exp.OnUpdateColumnConstraint),
    *(exp.CommentColumnConstraint, exp.CharacterSetColumnConstraint, exp.CollateColumnConstraint),
)
"""What a column may have that the running release does not notice. A key, a check or an expression may refuse what it
writes."""
_MAY_LOSE = re.compile(
    r"\b(?:MODIFY|CHANGE|CONVERT|TRUNCATE|REPLACE|IGNORE|DISCARD|EXCHANGE)\b|\bENGINE\W+(?!INNODB)\w|"
    r"(?<!ON )\b(?:DELETE|UPDATE)\b|"
    r"\bDROP\b(?!\W+(?:PRIMARY|FOREIGN|INDEX|KEY|CONSTRAINT|CHECK|DEFAULT|TRIGGER|VIEW|PROCEDURE|FUNCTION|EVENT)\b)",
    re.IGNORECASE,
)
"""Of a statement that cannot be read: words that cut or remove data."""


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
            case exp.Create() if not _is_new_table(read):
                yield _not_understood("statement not understood", statement)
            case exp.Create() if table_of(read) in filled:
                yield Change(text=f"table {table_of(read)} new, filled from another table", effect=Effect.HELD)
            case exp.Create():
                yield Change(text=f"table {table_of(read)} new", effect=Effect.ADDITIVE)
            case exp.Drop(kind="TABLE"):
                names = [each.name for each in read.args["tables"]]
                yield from (Change(text=f"table {name} dropped", effect=Effect.LOSSY) for name in names)
            case exp.Alter(kind="TABLE") if read.args.get("actions") or read.args.get("options"):
                yield from _alterations(read, tables, filled)
                if options := read.args.get("options"):
                    said = ", ".join(each.sql("mysql") for each in options)
                    yield _not_understood(f"options of table {table_of(read)} changed", said)
            case _:
                yield _not_understood("statement not understood", statement)


def parsed(statement: str) -> exp.Expr | None:
    """A statement's parts. None if it cannot be read, or has a comment: MySQL executes what is in `/*! … */`."""
    try:
        if any(token.comments for token in sqlglot.tokenize(statement, read="mysql")):
            return None
        return sqlglot.parse_one(statement, read="mysql")
    except SqlglotError:
        return None


def _not_understood(what: str, sql: str) -> Change:
    return Change(text=f"{what}: {sql}", effect=Effect.LOSSY if _MAY_LOSE.search(sql) else Effect.HELD)


def _is_new_table(read: exp.Create) -> bool:
    """Whether a statement makes a table, and an empty one, and neither takes the place of another nor copies one."""
    properties = read.args.get("properties")
    return (
        read.kind == "TABLE"
        and isinstance(read.this, exp.Schema)
        and not any(read.args.get(name) for name in ("replace", "exists", "expression"))
        and all(isinstance(each, _OF_NEW_TABLE) for each in (properties.expressions if properties else ()))
    )


def _alterations(read: exp.Alter, tables: Mapping[str, Table], filled: Sequence[str]) -> Iterator[Change]:
    name = table_of(read)
    table = tables.get(name)
    for action in read.args.get("actions") or ():
        match action:
            case exp.ColumnDef():
                yield _new_column(name, action, filled)
            case exp.AddConstraint():
                yield from (_addition(name, table, each) for each in action.expressions)
            case exp.ModifyColumn(this=exp.ColumnDef() as column):
                renamed = action.args.get("rename_from")
                yield _modification(name, table, column, renamed.name if renamed else column.name)
            case exp.Drop(kind="COLUMN", args={"tables": [dropped]}):
                yield Change(text=f"column {name}.{dropped.name} dropped", effect=Effect.LOSSY)
            case exp.Drop(kind=str(kind), args={"tables": [dropped]}):
                yield Change(text=f"{kind.lower()} {dropped.name} of {name} dropped", effect=Effect.HELD)
            case _:
                yield _not_understood(f"change of table {name} not understood", action.sql("mysql"))


def _new_column(table: str, column: exp.ColumnDef, filled: Sequence[str]) -> Change:
    name = f"column {table}.{column.name} new"
    if f"{table}.{column.name}" in filled:
        return Change(text=f"{name}, filled from another column", effect=Effect.HELD)
    others = [each for each in constraints_of(column, exp.Expr) if not isinstance(each, _OF_NEW_COLUMN)]
    if others or column.args["kind"].this is exp.DType.SERIAL:
        return Change(text=f"{name}: {column.sql('mysql')}", effect=Effect.HELD)
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


def _modification(name: str, table: Table | None, column: exp.ColumnDef, was: str) -> Change:
    """`was` is the column's name until now."""
    wanted = column.args["kind"].sql("mysql").lower()
    before = table.columns.get(was) if table else None
    what = f"column {name}.{was}"
    becomes = wanted if column.name == was else f"{column.name} {wanted}"
    if before is None:
        return Change(text=f"{what} changed to {becomes}", effect=Effect.LOSSY)
    if before.nullable and not is_nullable(column):
        return Change(text=f"{what} becomes NOT NULL", effect=Effect.LOSSY)
    if _is_narrower(before.type, wanted):
        return Change(text=f"{what} narrowed from {before.type} to {becomes}", effect=Effect.LOSSY)
    if _has(column, exp.ComputedColumnConstraint):
        return Change(text=f"{what} becomes an expression", effect=Effect.LOSSY)
    characters = [
        each.this.sql("mysql")
        for kind in (exp.CharacterSetColumnConstraint, exp.CollateColumnConstraint)
        for each in constraints_of(column, kind)
    ]
    if other := [each for each in characters if _UNICODE not in each.lower()]:
        return Change(text=f"{what} narrowed to the characters of {other[0]}", effect=Effect.LOSSY)
    return Change(text=f"{what} changed from {before.type} to {becomes}", effect=Effect.HELD)


def _is_narrower(before: str, after: str) -> bool:
    """Whether a value of one type might not fit into the other. Two types that have no order: yes."""
    (kind, sizes, unsigned), (new_kind, new_sizes, new_unsigned) = read_type(before), read_type(after)
    if kind in _SIZES and new_kind in _SIZES and _FAMILY[kind] == _FAMILY[new_kind]:
        # The number of an integer, such as that of int(10), is how wide it is shown, and not what fits.
        return _SIZES[new_kind] < _SIZES[kind] or unsigned != new_unsigned
    if kind in ("char", "varchar") and new_kind in _TEXT_BYTES:
        return sizes[0] * _BYTES_PER_CHARACTER > _TEXT_BYTES[new_kind]
    if kind != new_kind or len(sizes) != len(new_sizes) or unsigned != new_unsigned:
        return True
    if kind in ("enum", "set"):
        # A row has the number of its value: new ones fit behind the known.
        return not after.replace(", ", ",").startswith(before.replace(", ", ",").removesuffix(")"))
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
        _SAME_TYPE.get(kind, kind),
        tuple(int(each) for each in sizes.group(1).split(",")) if sizes else (),
        "unsigned" in text,
    )


def is_nullable(column: exp.ColumnDef) -> bool:
    """Whether a column may be empty, as a statement has it. That of a primary key may not."""
    if _has(column, exp.PrimaryKeyColumnConstraint):
        return False
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
