"""Runs migrations on either database, with the owner's connection."""

import asyncio

from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import context
from app.infrastructure.db.metadata import PLATFORM
from app.infrastructure.db.migrate import metadata_of, sqlalchemy_url
from app.settings import Settings


def _run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection = connection.execution_options(schema_translate_map={PLATFORM: None})
    context.configure(
        connection=connection,
        target_metadata=metadata_of(connection.dialect.name),
        include_schemas=not sqlite,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_on_postgres(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


def _main() -> None:
    given = context.config.attributes.get("url")
    url = sqlalchemy_url(given or Settings().database.owner_url)
    if url.startswith("sqlite"):
        engine = create_engine(url, poolclass=pool.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()  # a pragma opened a transaction, which Alembic would leave open
            _run(connection)
        return
    asyncio.run(_run_on_postgres(url))


_main()
