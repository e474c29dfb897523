"""Statements of the owner of a database, for which the service itself has no rights.

Only operator commands use it, never a request. Parameters are written ``$1``, ``$2`` for both
databases, and table names come from ``named``.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from sqlalchemy import Table

from app.domain.shared.ids import Id
from app.infrastructure.db.schema import driver_url, file_of
from app.infrastructure.db.sqlite import connect
from app.infrastructure.db.types import register_sqlite_adapters

if TYPE_CHECKING:
    import asyncpg


class Owner(Protocol):
    """A connection of the owner."""

    def named(self, table: Table) -> str:
        """The name of a table in a statement."""
        ...

    def json(self, value: Any) -> Any:
        """A value for a column of JSON."""
        ...

    def read_json(self, value: Any) -> Any:
        """The value of a column of JSON."""
        ...

    async def begin(self, tenant_id: Id | None = None) -> None:
        """Begin a transaction; with a company, its rows are visible."""
        ...

    async def commit(self) -> None:
        """End it."""
        ...

    async def rows(self, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
        """Run a statement and return its rows."""
        ...

    async def change(self, sql: str, *values: Any) -> int:
        """Run a statement and return the number of rows it touched."""
        ...


@asynccontextmanager
async def owner_of(url: str) -> AsyncIterator[Owner]:
    """The owner's connection to an existing database."""
    if url.startswith("sqlite"):
        register_sqlite_adapters()
        with closing(connect(file_of(url))) as file:
            file.execute("PRAGMA secure_delete=ON")  # overwrites deleted data in free pages
            yield SqliteOwner(file)
        return
    import asyncpg  # noqa: PLC0415 - with the next, 3 MB that SQLite never needs

    from app.infrastructure.db.postgres import prepare_connection  # noqa: PLC0415

    connection = await asyncpg.connect(driver_url(url), server_settings={"lock_timeout": "5s"})
    try:
        await prepare_connection(connection)
        yield PostgresOwner(connection)
    finally:
        await connection.close()


@asynccontextmanager
async def transaction(owner: Owner, tenant_id: Id | None = None) -> AsyncIterator[None]:
    """Commit everything done inside; an error closes the connection and leaves nothing."""
    await owner.begin(tenant_id)
    yield
    await owner.commit()


class SqliteOwner:
    """The owner of an SQLite file: any user who can write it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def named(self, table: Table) -> str:
        """As ``Owner.named``; SQLite has no schemas."""
        return table.name

    def json(self, value: Any) -> Any:
        """As ``Owner.json``."""
        return orjson.dumps(value).decode()

    def read_json(self, value: Any) -> Any:
        """As ``Owner.read_json``."""
        return orjson.loads(value)

    async def begin(self, tenant_id: Id | None = None) -> None:
        """As ``Owner.begin``; every row is visible."""
        del tenant_id
        self._connection.execute("BEGIN IMMEDIATE")

    async def commit(self) -> None:
        """As ``Owner.commit``."""
        self._connection.execute("COMMIT")

    async def rows(self, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
        """As ``Owner.rows``."""
        return self._connection.execute(sql.replace("$", "?"), values).fetchall()

    async def change(self, sql: str, *values: Any) -> int:
        """As ``Owner.change``."""
        return self._connection.execute(sql.replace("$", "?"), values).rowcount


class PostgresOwner:
    """The login that owns the tables."""

    def __init__(self, connection: "asyncpg.Connection") -> None:
        self._connection = connection

    def named(self, table: Table) -> str:
        """As ``Owner.named``."""
        return table.fullname

    def json(self, value: Any) -> Any:
        """As ``Owner.json``, in the binary form of jsonb."""
        return b"\x01" + orjson.dumps(value)

    def read_json(self, value: Any) -> Any:
        """As ``Owner.read_json``; the connection has already parsed it."""
        return value

    async def begin(self, tenant_id: Id | None = None) -> None:
        """As ``Owner.begin``: row security is forced, so the owner names the company too."""
        await self._connection.execute("BEGIN")
        if tenant_id is not None:
            await self._connection.execute(f"SET LOCAL app.tenant_id = '{tenant_id.hex()}'")

    async def commit(self) -> None:
        """As ``Owner.commit``."""
        await self._connection.execute("COMMIT")

    async def rows(self, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
        """As ``Owner.rows``."""
        rows: Any = await self._connection.fetch(sql, *values)
        return rows  # type: ignore[no-any-return]

    async def change(self, sql: str, *values: Any) -> int:
        """As ``Owner.change``."""
        status = await self._connection.execute(sql, *values)
        return int(status.rpartition(" ")[2])
