"""Compares the tables of a migrated database with those of the code."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, ColumnElement, Connection, MetaData, inspect
from sqlalchemy.dialects import sqlite

from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.migrate import tables_for, upgrade
from app.infrastructure.db.schema import on_database


def fresh_drift() -> list[object]:
    """The differences between the code and an empty SQLite file after all migrations."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        upgrade(url)
        return drift(url)


def drift(url: str, tables: MetaData = metadata) -> list[object]:
    """The differences between a migrated database and the tables of the code."""
    return on_database(url, lambda connection: _differences(connection, tables))


def _differences(connection: Connection, tables: MetaData) -> list[object]:
    dialect = connection.dialect.name
    options: dict[str, Any] = {} if dialect == "sqlite" else {"include_schemas": True}
    context = MigrationContext.configure(connection, opts=options)
    declared = tables_for(dialect, tables)
    return [*compare_metadata(context, declared), *_conditions(connection, declared)]


def sql_of(condition: ColumnElement[Any]) -> str:
    """The text of a condition on the rows of one table, as SQLite keeps it."""
    options = {"include_table": False, "literal_binds": True}
    return str(condition.compile(dialect=sqlite.dialect(), compile_kwargs=options))


def _conditions(connection: Connection, declared: MetaData) -> Iterator[tuple[str, str, object]]:
    """Checks and parts of tables that indexes are of, which Alembic does not compare.

    PostgreSQL rewrites them, so there it is only compared whether they are there.
    """
    inspector = inspect(connection)
    dialect = connection.dialect.name
    for table in declared.sorted_tables:
        if not inspector.has_table(table.name, schema=table.schema):
            continue
        where = f"{dialect}_where"
        there = {
            **{
                str(each["name"]): each["sqltext"]
                for each in inspector.get_check_constraints(table.name, schema=table.schema)
            },
            **{
                str(each["name"]): str(each["dialect_options"][where])
                for each in inspector.get_indexes(table.name, schema=table.schema)
                if where in each.get("dialect_options", {})
            },
        }
        wanted = {
            **{
                str(each.name): sql_of(each.sqltext)
                for each in table.constraints
                if isinstance(each, CheckConstraint)
            },
            **{
                str(each.name): sql_of(each.dialect_options[dialect]["where"])
                for each in table.indexes
                if each.dialect_options[dialect]["where"] is not None
            },
        }
        if dialect == "postgresql":
            there, wanted = dict.fromkeys(there, ""), dict.fromkeys(wanted, "")
        for name in sorted({*there, *wanted}):
            if there.get(name) != wanted.get(name):
                yield ("condition", f"{table.name}.{name}", (there.get(name), wanted.get(name)))
