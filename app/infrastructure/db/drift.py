"""Whether a migrated database has the tables of the code, and nothing else."""

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
    """What differs between the code and what the migrations make of an empty SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        upgrade(url)
        return drift(url)


def drift(url: str, tables: MetaData = metadata) -> list[object]:
    """What differs between a migrated database and the tables of the code."""
    return on_database(url, lambda connection: _differences(connection, tables))


def _differences(connection: Connection, tables: MetaData) -> list[object]:
    dialect = connection.dialect.name
    options: dict[str, Any] = {} if dialect == "sqlite" else {"include_schemas": True}
    context = MigrationContext.configure(connection, opts=options)
    declared = tables_for(dialect, tables)
    return [*compare_metadata(context, declared), *_checks(connection, declared)]


def sql_of(condition: ColumnElement[Any]) -> str:
    """The text of a condition on the rows of one table, as SQLite keeps it."""
    options = {"include_table": False, "literal_binds": True}
    return str(condition.compile(dialect=sqlite.dialect(), compile_kwargs=options))


def _checks(connection: Connection, declared: MetaData) -> Iterator[tuple[str, str, object]]:
    """Rules that differ, which Alembic does not compare. PostgreSQL rewrites their text."""
    inspector = inspect(connection)
    verbatim = connection.dialect.name == "sqlite"
    for table in declared.sorted_tables:
        if not inspector.has_table(table.name, schema=table.schema):
            continue
        there = {
            (str(each["name"]), each["sqltext"] if verbatim else "")
            for each in inspector.get_check_constraints(table.name, schema=table.schema)
        }
        wanted = {
            (str(each.name), sql_of(each.sqltext) if verbatim else "")
            for each in table.constraints
            if isinstance(each, CheckConstraint)
        }
        for each in sorted(wanted - there, key=str):
            yield ("add_check", table.name, each)
        for each in sorted(there - wanted, key=str):
            yield ("remove_check", table.name, each)
