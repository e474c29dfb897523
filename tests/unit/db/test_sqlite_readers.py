"""A reader whose statement failed or was abandoned never shows an old snapshot."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.shared.clock import SystemClock
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import UlidFactory
from app.infrastructure.db import sqlite
from app.infrastructure.db.mapping import Registry
from app.infrastructure.db.sqlite import SqliteDatabase

READERS = 4


@pytest.fixture
def writer(tmp_path: Path) -> sqlite3.Connection:
    """Another connection to the file, which has a table of many rows."""
    connection = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE seen (id INTEGER)")
    connection.executemany("INSERT INTO seen VALUES (?)", [(each,) for each in range(1000)])
    return connection


@pytest.fixture
async def database(writer: sqlite3.Connection, tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    found = SqliteDatabase(
        tmp_path / "some.db", Registry(), UlidFactory(lambda: 1), SystemClock(), wait_seconds=2
    )
    await found.start()
    yield found
    await found.stop()
    writer.close()


async def counted(database: SqliteDatabase) -> list[int]:
    """How many rows each reader sees; all are read from at once."""

    async def count() -> int:
        async with database.read(None) as scope:
            [(found,)] = await scope.execute("SELECT count(*) FROM seen", {})
            await asyncio.sleep(0.05)
            return int(found)

    return list(await asyncio.gather(*(count() for _ in range(READERS))))


async def test_a_statement_that_failed_keeps_no_snapshot(
    database: SqliteDatabase, writer: sqlite3.Connection
) -> None:
    """Its cursor may live on in a traceback that somebody keeps, such as the log."""
    kept: list[Any] = []

    def fail(connection: sqlite3.Connection) -> None:
        cursor = connection.execute("SELECT id FROM seen")
        kept.append((cursor, cursor.fetchone()))
        raise sqlite3.OperationalError("disk I/O error")

    for _ in range(READERS):
        with pytest.raises(ServiceUnavailable):
            async with database.read(None) as scope:
                await scope.call(fail)
    writer.execute("INSERT INTO seen VALUES (1000)")
    assert await counted(database) == [1001] * READERS


async def test_a_statement_that_nobody_waits_for_keeps_no_snapshot(
    database: SqliteDatabase, writer: sqlite3.Connection
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def wait(connection: sqlite3.Connection) -> None:
        began.set()
        go_on.wait(5)
        if not connection.in_transaction:  # the snapshot was left under it
            connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM seen").fetchall()

    async def read() -> None:
        async with database.read(None) as scope:
            await scope.call(wait)

    for _ in range(READERS):
        began.clear()
        task = asyncio.create_task(read())
        await asyncio.to_thread(began.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    go_on.set()
    await asyncio.sleep(0.1)
    writer.execute("INSERT INTO seen VALUES (1000)")
    assert await counted(database) == [1001] * READERS


async def test_a_reader_stays_where_no_other_can_be_opened(
    database: SqliteDatabase, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    def fail(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sqlite, "connect", refuse)
    for _ in range(READERS):
        with pytest.raises(ServiceUnavailable):
            async with database.read(None) as scope:
                await scope.call(fail)
    writer.execute("INSERT INTO seen VALUES (1000)")
    assert await counted(database) == [1001] * READERS
