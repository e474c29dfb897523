"""Runs migrations on either database, with the owner's connection."""

import asyncio
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, pool

from alembic import context
from app.infrastructure.db.metadata import PLATFORM
from app.infrastructure.db.migrate import tables_for
from app.infrastructure.db.postgres_planner import tell_postgres
from app.infrastructure.db.releases import note_oldest_code
from app.infrastructure.db.schema import postgres_engine, sqlalchemy_url
from app.infrastructure.db.sqlite_planner import tell_sqlite
from app.settings import Settings


def _run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection = connection.execution_options(schema_translate_map={PLATFORM: None})
    context.configure(
        connection=connection,
        target_metadata=tables_for(connection.dialect.name),
        include_schemas=not sqlite,
        transaction_per_migration=True,
        transactional_ddl=True,  # on SQLite too: a migration that is killed leaves nothing behind
        on_version_apply=_note_oldest_code,
    )
    with context.begin_transaction():
        context.run_migrations()


def _note_oldest_code(*, ctx: MigrationContext, heads: set[str], **_: Any) -> None:
    note_oldest_code(ctx.connection, context.script, heads)


async def _run_on_postgres(url: str) -> None:
    engine = postgres_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.run_sync(tell_postgres)
        await connection.commit()
    await engine.dispose()


def _sqlite_engine(url: str) -> Engine:
    """An engine that begins by itself: Python's sqlite3 would leave DDL out of the transaction."""
    engine = create_engine(url, poolclass=pool.NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _main() -> None:
    given = context.config.attributes.get("url")
    url = sqlalchemy_url(given or Settings().database.owner_url)
    if url.startswith("sqlite"):
        with _sqlite_engine(url).connect() as connection:
            _run(connection)
            tell_sqlite(connection)
            connection.commit()
        return
    asyncio.run(_run_on_postgres(url))


_main()
