"""Compares the tables of a migrated database with those of the code."""

import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from app.infrastructure.db.migrate import metadata_of, upgrade
from app.infrastructure.db.schema import on_database


def fresh_drift() -> list[object]:
    """The differences between the code and an empty SQLite file after all migrations."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        upgrade(url)
        return drift(url)


def drift(url: str) -> list[object]:
    """The differences between a migrated database and the tables of the code."""
    return on_database(url, _differences)


def _differences(connection: Connection) -> list[object]:
    dialect = connection.dialect.name
    options: dict[str, Any] = {} if dialect == "sqlite" else {"include_schemas": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata_of(dialect)))
