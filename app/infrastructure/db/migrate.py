"""Migrations, called from the command line and from the start of the service."""

import asyncio
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BLANK_SCHEMA,
    Connection,
    MetaData,
    create_engine,
    exists,
    literal,
    pool,
    select,
)
from sqlalchemy import table as named_table
from sqlalchemy.ext.asyncio import create_async_engine

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401 - declares every table
from alembic import command
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.releases import VERSION, Schema

T = TypeVar("T")
BASE = "base"
_ROOT = Path(__file__).resolve().parents[3]


class MigrationRefused(Exception):
    """A migration that is not run; the message is one line for the operator."""


class RevisionUnknown(MigrationRefused):
    """There is no such revision."""


class RowsAtStake(MigrationRefused):
    """A way back drops tables that hold rows."""


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
    _make_private(url)
    _apart(lambda: command.upgrade(_config(url), revision))


def downgrade(url: str, revision: str, *, drop_data: bool = False) -> None:
    """Take the schema back to ``revision``.

    Raises:
        RowsAtStake: a table that would be dropped holds rows, and ``drop_data`` is not said.
    """
    if not drop_data:
        filled = _on(url, lambda connection: _filled(connection, revision))
        if filled:
            raise RowsAtStake(
                f"going back to {revision} would delete every row of {', '.join(filled)}: nothing "
                "was changed; back up first, then say --yes-drop-data"
            )
    _apart(lambda: command.downgrade(_config(url), revision))


def go_to(url: str, revision: str, *, drop_data: bool = False) -> str:
    """Bring the schema up or down to ``revision``, whichever it is; the revision reached.

    ``revision`` is one of ``revisions()``, ``head``, or steps from where the schema is (-1, +1).
    Where a later release left a schema that suits this code too, ``head`` changes nothing.

    Raises:
        RevisionUnknown: there is no such revision, or the database is at one of a later release.
        RowsAtStake: see ``downgrade``.
    """
    known = revisions()
    there = current(url)
    if there not in known:
        schema = Schema(there, _on(url, lambda on: on.scalar(select(VERSION.c.runs_from))))
        if revision == "head" and schema.suits(known):
            return there
        raise RevisionUnknown(
            f"the database is at revision {there}, which this release does not know: "
            "use the release that brought it there"
        )
    wanted = _wanted(revision, known, known.index(there))
    if known.index(wanted) < known.index(there):
        downgrade(url, wanted, drop_data=drop_data)
    else:  # where it is already: what goes with a schema, such as the planner's figures, is renewed
        upgrade(url, wanted)
    return wanted


def _wanted(revision: str, known: list[str], place: int) -> str:
    if revision == "head":
        return known[-1]
    if revision in known:
        return revision
    steps = re.fullmatch(r"[+-]\d{1,4}", revision)
    if steps is not None and 0 <= place + int(revision) < len(known):
        return known[place + int(revision)]
    raise RevisionUnknown(f"there is no revision {revision}; there are {', '.join(known)}")


def revisions() -> list[str]:
    """Every revision, from the empty database to the newest."""
    walked = ScriptDirectory.from_config(_config("")).walk_revisions()
    return [BASE, *reversed([script.revision for script in walked])]


def head() -> str:
    """The revision that this code was written for."""
    return revisions()[-1]


def current(url: str) -> str:
    """The revision of a database; ``base`` where nothing is there yet."""
    if url.startswith("sqlite") and not _file(url).exists():
        return BASE
    return _on(url, lambda on: MigrationContext.configure(on).get_current_revision()) or BASE


def _filled(connection: Connection, revision: str) -> list[str]:
    """The tables with rows that the way back to ``revision`` drops."""
    script = ScriptDirectory.from_config(_config(""))
    postgres = connection.dialect.name == "postgresql"
    at = MigrationContext.configure(connection).get_current_revision()
    found = []
    for step in script.iterate_revisions(at, revision):
        schema = getattr(step.module, "SCHEMA", None)
        for name in step.module.TABLES:
            if postgres and schema is None:
                # Forced row security hides every row from the owner too. Rolled back below.
                connection.exec_driver_sql(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
            source = named_table(name, schema=schema if postgres else None)
            if connection.scalar(select(exists(select(literal(1)).select_from(source)))):
                found.append(name)
    connection.rollback()
    return sorted(found)


def _on(url: str, work: Callable[[Connection], T]) -> T:
    """Do ``work`` on a connection of the owner."""

    def on_sqlite() -> T:
        engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
        with engine.connect() as connection:
            return work(connection)

    async def on_postgres() -> T:
        engine = create_async_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return _apart(on_sqlite if url.startswith("sqlite") else lambda: asyncio.run(on_postgres()))


def _apart(work: Callable[[], T]) -> T:
    """Run in a thread: a migration has an event loop of its own, and the caller may be in one."""
    with ThreadPoolExecutor(1, thread_name_prefix="migration") as executor:
        return executor.submit(work).result()


def _file(url: str) -> Path:
    return Path(url.split("///", 1)[1])


def _make_private(url: str) -> None:
    """Make a new SQLite file readable by its owner only; SQLite gives its journals the same mode.

    Raises:
        OSError: the folder cannot be made or written.
    """
    if url.startswith("sqlite"):
        _file(url).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(_file(url), os.O_CREAT | os.O_RDWR, 0o600))


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
