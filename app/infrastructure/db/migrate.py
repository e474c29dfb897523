"""Migrations, called from the command line and from the start of the service."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BLANK_SCHEMA, MetaData, create_engine, pool
from sqlalchemy.ext.asyncio import create_async_engine

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401 - declares every table
from alembic import command
from app.infrastructure.db.metadata import metadata

_ROOT = Path(__file__).resolve().parents[3]


def sqlalchemy_url(url: str) -> str:
    """``url`` with the drivers that migrations use: asyncpg, and the sqlite3 of Python."""
    if url.startswith("sqlite"):
        return re.sub(r"^sqlite(\+\w+)?://", "sqlite://", url)
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)


def metadata_of(dialect: str) -> MetaData:
    """The tables as a database knows them; SQLite has no schemas."""
    if dialect != "sqlite":
        return metadata
    plain = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(
            plain,
            schema=None,  # type: ignore[arg-type]
            referred_schema_fn=lambda *_: BLANK_SCHEMA,  # type: ignore[arg-type]
        )
    return plain


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "alembic"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to ``revision``."""
    _apart(command.upgrade, url, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to ``revision``."""
    _apart(command.downgrade, url, revision)


def _apart(change: Callable[[Config, str], None], url: str, revision: str) -> None:
    """Run in a thread: a migration has an event loop of its own, and the caller may be in one."""
    with ThreadPoolExecutor(1, thread_name_prefix="migration") as executor:
        executor.submit(change, _config(url), revision).result()


def head() -> str:
    """The revision that this code was written for."""
    revision = ScriptDirectory.from_config(_config("")).get_current_head()
    return revision or "base"


def drift(url: str) -> list[object]:
    """What differs between a migrated SQLite file and the tables of the code."""
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, metadata_of("sqlite")))


async def drift_on_postgres(url: str) -> list[object]:
    """What differs between a migrated PostgreSQL database and the tables of the code."""
    engine = create_async_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    options = {"include_schemas": True}
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts=options), metadata)
        )
    await engine.dispose()
    return list(found)
