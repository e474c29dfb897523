"""What a revision of the schema is written with: tables and their parts, for both databases.

``scripts/new-migration`` writes revisions in these words. Revisions that were released call these
functions, so they never change their meaning: a new rule is a new function, as in ``guards``.
A table without a tenant is named with its schema, ``platform.users``; SQLite has no schemas.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.sql.elements import conv

from alembic import op
from app.infrastructure.db import guards
from app.infrastructure.db.types import Id

Part = Column[Any] | Constraint | Index
# What existing rows get in a new column.
Default = bool | int | str | None


def column(name: str, type_: Any, *, null: bool = False, default: Default = None) -> Column[Any]:
    """A column, NOT NULL unless ``null``."""
    if isinstance(default, bool):
        return Column(name, type_, nullable=null, server_default=true() if default else false())
    value = text(str(default)) if isinstance(default, int) else default
    return Column(name, type_, nullable=null, server_default=value)


def check(name: str, sql: str) -> Constraint:
    """A rule that SQL can express."""
    return CheckConstraint(sql, name=conv(name))


def unique(name: str, *columns: str) -> Constraint:
    """A unique constraint."""
    return UniqueConstraint(*columns, name=conv(name))


def references(name: str, columns: Sequence[str], table: str, to: Sequence[str]) -> Constraint:
    """A reference from ``columns`` to the columns ``to`` of a table."""
    return ForeignKeyConstraint(columns, [f"{table}.{each}" for each in to], name=conv(name))


def index(name: str, *columns: str, unique: bool = False, where: str | None = None) -> Index:
    """An index, of the rows that meet ``where``."""
    return Index(name, *columns, unique=unique, **_partial(where))


def create_tenant_table(
    name: str,
    *parts: Part,
    key: Sequence[str] = ("id",),
    append_only: bool = False,
    wide: bool = False,
) -> None:
    """Create a table of tenants' data, which ``tenant_id`` leads, with its guards.

    On PostgreSQL the guards are row security and grants. Rows of an ``append_only`` table are
    never updated, and deleted only while their company is purged. SQLite keeps a ``wide`` table
    apart from its key.
    """
    op.create_table(
        name,
        Column("tenant_id", Id(), nullable=False),
        *parts,
        PrimaryKeyConstraint("tenant_id", *key, name=conv(f"{name}_pk")),
        sqlite_strict=True,
        sqlite_with_rowid=wide,
    )
    if _on_postgres():
        _run(guards.postgres_tenant(name, append_only=append_only))
    elif append_only:
        _run(guards.sqlite_append_only(name))
        _run(guards.sqlite_purge([name]))


def create_platform_table(
    name: str,
    *parts: Part,
    key: Sequence[str] = ("id",),
    append_only: bool = False,
    wide: bool = False,
    rights: str = "SELECT, INSERT, UPDATE",
) -> None:
    """Create a table without a tenant; ``rights`` is what the service may do on PostgreSQL."""
    schema, plain = _split(name)
    op.create_table(
        plain,
        *parts,
        PrimaryKeyConstraint(*key, name=conv(f"{plain}_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=wide,
    )
    if schema is not None and _on_postgres():
        _run(guards.postgres_platform_narrow(schema, {plain: rights}))
        if append_only:
            _run(guards.postgres_append_only(name))
    elif append_only:
        _run(guards.sqlite_append_only(plain))


def drop_table(name: str) -> None:
    """Drop a table with all its parts and guards."""
    schema, plain = _split(name)
    op.drop_table(plain, schema=schema)


def add_column(
    table: str, name: str, type_: Any, *, null: bool = False, default: Default = None
) -> None:
    """Add a column; rows that are there get ``default``, which a NOT NULL column needs."""
    schema, plain = _there(table)
    op.add_column(plain, column(name, type_, null=null, default=default), schema=schema)


def rename_column(table: str, name: str, to: str) -> None:
    """Give a column another name; rules and indexes of it follow."""
    schema, plain = _there(table)
    there = f"{schema}.{plain}" if schema else plain
    op.execute(f"ALTER TABLE {there} RENAME COLUMN {name} TO {to}")


def drop_column(table: str, name: str) -> None:
    """Drop a column; what names it (a check, an index, a reference) is dropped before."""
    schema, plain = _there(table)
    op.drop_column(plain, name, schema=schema)


def set_null(table: str, name: str, *, null: bool) -> None:
    """Let a column be NULL, or forbid it, which fails where a row is."""
    with _altered(table) as changes:
        changes.alter_column(name, nullable=null)


def add_index(
    table: str, name: str, *columns: str, unique: bool = False, where: str | None = None
) -> None:
    """Add an index."""
    schema, plain = _there(table)
    op.create_index(name, plain, columns, schema=schema, unique=unique, **_partial(where))


def drop_index(table: str, name: str) -> None:
    """Drop an index."""
    schema, plain = _there(table)
    op.drop_index(name, plain, schema=schema)


def add_check(table: str, name: str, sql: str) -> None:
    """Add a rule, which every row that is there must meet."""
    with _altered(table) as changes:
        changes.create_check_constraint(conv(name), text(sql))


def add_unique(table: str, name: str, *columns: str) -> None:
    """Add a unique constraint."""
    with _altered(table) as changes:
        changes.create_unique_constraint(conv(name), columns)


def add_references(
    table: str, name: str, columns: Sequence[str], to_table: str, to: Sequence[str]
) -> None:
    """Add a reference."""
    schema, plain = _there(to_table)
    with _altered(table) as changes:
        changes.create_foreign_key(conv(name), plain, columns, to, referent_schema=schema)


def drop_constraint(table: str, name: str) -> None:
    """Drop a check, a unique constraint or a reference."""
    with _altered(table) as changes:
        changes.drop_constraint(conv(name))


@contextmanager
def _altered(table: str) -> Iterator[Any]:
    """Change constraints of a table. SQLite has no statement for it: the table is made anew.

    Its triggers, the guards among them, are made anew too. Triggers of other tables may name the
    table, which is missing for a moment; only the legacy form of the renaming lets that pass.
    """
    schema, plain = _there(table)
    if _on_postgres():
        with op.batch_alter_table(plain, schema=schema) as changes:
            yield changes
        return
    bind = op.get_bind()
    triggers = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? ORDER BY name",
        (plain,),
    )
    statements = [row[0] for row in triggers]
    op.execute("PRAGMA legacy_alter_table=ON")
    with op.batch_alter_table(plain, recreate="always") as changes:
        yield changes
    op.execute("PRAGMA legacy_alter_table=OFF")
    for statement in statements:
        bind.exec_driver_sql(statement)


def _partial(where: str | None) -> dict[str, Any]:
    return {} if where is None else {"postgresql_where": text(where), "sqlite_where": text(where)}


def _split(table: str) -> tuple[str | None, str]:
    schema, _, plain = table.rpartition(".")
    return schema or None, plain


def _there(table: str) -> tuple[str | None, str]:
    """The schema and the name of a table in the database."""
    schema, plain = _split(table)
    return (schema if _on_postgres() else None), plain


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _run(statements: Iterable[str]) -> None:
    for statement in statements:
        op.execute(statement)
