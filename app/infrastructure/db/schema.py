"""The schema revision of a database, read without Alembic, because most starts need no migration.

Alembic takes a quarter of a second to import; only a migration needs it.
"""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Connection, create_engine, inspect, pool, select

from app.infrastructure.db.releases import VERSION
from app.infrastructure.db.sqlite_planner import tell_sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
BASE: Final = "base"
MIGRATIONS: Final = Path(__file__).resolve().parents[3] / "alembic"


class MigrationRefused(Exception):
    """A migration was not run; the message is one line for the operator."""


def revisions() -> list[str]:
    """Every revision, oldest first; each migration file is named after its revision."""
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return [BASE, *sorted(file.name.partition("_")[0] for file in files)]


def head() -> str:
    """The revision that this code was written for."""
    return revisions()[-1]


def current(url: str) -> str:
    """The revision of a database; ``base`` if it is empty."""
    if url.startswith("sqlite") and not file_of(url).exists():
        return BASE
    return on_database(url, _revision)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table(VERSION.name):
        return BASE
    return connection.scalar(select(VERSION.c.version_num)) or BASE


def is_current(url: str) -> bool:
    """Whether the schema is up to date; renews the planner statistics that accompany it."""
    if current(url) != head():
        return False
    if url.startswith("sqlite"):
        on_database(url, _renew)
    return True


def _renew(connection: Connection) -> None:
    tell_sqlite(connection)
    connection.commit()


def sqlalchemy_url(url: str) -> str:
    """``url`` with the drivers that migrations use: asyncpg, and the sqlite3 of Python."""
    if url.startswith("sqlite"):
        return re.sub(r"^sqlite(\+\w+)?://", "sqlite://", url)
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)


def driver_url(url: str) -> str:
    """``url`` for asyncpg: any ``postgres[ql][+driver]`` scheme becomes ``postgresql``."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


def postgres_engine(url: str) -> "AsyncEngine":
    """An engine for the owner. The driver parses the address, so ``sslmode`` works."""
    # They bring SQLAlchemy's ORM along: 9 MB that SQLite never needs.
    import asyncpg  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    async def connect() -> Any:
        return await asyncpg.connect(driver_url(url))

    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=pool.NullPool
    )


def on_database(url: str, work: Callable[[Connection], T]) -> T:
    """Do ``work`` on a connection of the owner."""

    def on_sqlite() -> T:
        engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
        with engine.connect() as connection:
            return work(connection)

    async def on_postgres() -> T:
        engine = postgres_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return apart(on_sqlite if url.startswith("sqlite") else lambda: asyncio.run(on_postgres()))


def apart(work: Callable[[], T]) -> T:
    """Run in a thread: a migration needs its own event loop, and the caller may be in one."""
    with ThreadPoolExecutor(1, thread_name_prefix="migration") as executor:
        return executor.submit(work).result()


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(url.split("///", 1)[1])
