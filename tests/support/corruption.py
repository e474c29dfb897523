"""Corrupts rows one at a time as the owner of the database, and restores them."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import asyncpg

from app.application.shared.wording import instant
from app.infrastructure.db.schema import driver_url
from app.infrastructure.reports.integrity import INVARIANTS
from tests.support.company import Company

Row = tuple[Any, ...]
Offender = tuple[str, str]  # the id and what it is of, as the auditor shows them


@dataclass(frozen=True)
class Corruption:
    """The change of one row, and the invariants that it breaks.

    ``change`` is what follows ``UPDATE table``, ``DELETE`` for a deletion, or the columns of an
    ``INSERT … SELECT`` from the row. ``breaks`` gives for each invariant two expressions over the
    row as it was: the id and what it is of; None where several rows break it. ``[hour]`` stands for
    an hour in what the database adds to an instant.
    """

    table: str
    where: str
    change: str
    breaks: dict[str, tuple[str, str] | None]
    checked: str = ""  # a CHECK that stands in the way

    @property
    def statement(self) -> str:
        if self.change == "DELETE":
            return f"DELETE FROM {self.table} WHERE {self.where}"
        if self.change.startswith("SET "):
            return f"UPDATE {self.table} {self.change} WHERE {self.where}"
        return f"INSERT INTO {self.table} SELECT {self.change} FROM {self.table} WHERE {self.where}"


class Owner(Protocol):
    """A connection that nothing guards: no trigger, no reference, no row security."""

    hour: str

    async def rows(self, statement: str) -> list[Row]: ...

    async def change(self, statement: str) -> int:
        """How many rows it touched."""
        ...

    async def uncheck(self, table: str, name: str) -> str:
        """Take a CHECK away; the statement that brings it back, if one is needed."""
        ...


class SqliteOwner:
    """The file; its triggers are gone, for it belongs to the test."""

    hour = "3600000000"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA foreign_keys=OFF")
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")

    async def rows(self, statement: str) -> list[Row]:
        return self._connection.execute(statement).fetchall()

    async def change(self, statement: str) -> int:
        return self._connection.execute(statement).rowcount

    async def uncheck(self, table: str, name: str) -> str:
        del table, name
        self._connection.execute("PRAGMA ignore_check_constraints=ON")
        return ""


class PostgresOwner:
    """A superuser whose session fires no trigger."""

    hour = "interval '1 hour'"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, statement: str) -> list[Row]:
        return [tuple(row) for row in await self._connection.fetch(statement)]

    async def change(self, statement: str) -> int:
        return int((await self._connection.execute(statement)).rsplit(" ", 1)[1])

    async def uncheck(self, table: str, name: str) -> str:
        rule = await self._connection.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", name
        )
        await self._connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        return f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule}"


@asynccontextmanager
async def owner_of(database_url: str) -> AsyncIterator[Owner]:
    """A connection of the owner, with all guards off."""
    if database_url.startswith("sqlite"):
        path = database_url.split("///", 1)[1]
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as file:
            yield SqliteOwner(file)
        return
    connection = await asyncpg.connect(driver_url(database_url))
    try:
        await connection.execute("SET session_replication_role = replica")
        yield PostgresOwner(connection)
    finally:
        await connection.close()


@asynccontextmanager
async def corrupted(
    owner: Owner, corruption: Corruption
) -> AsyncIterator[dict[str, Offender | None]]:
    """Corrupt exactly one row, yield what the auditor must name, put the row back."""
    table = corruption.table
    expected: dict[str, Offender | None] = {}
    for name, shown in corruption.breaks.items():
        expected[name] = None if shown is None else await _offender(owner, corruption, shown)
    await owner.change(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    back = await owner.uncheck(table, corruption.checked) if corruption.checked else ""
    try:
        assert await owner.change(corruption.statement.replace("[hour]", owner.hour)) == 1
        yield expected
    finally:
        await owner.change(f"DELETE FROM {table}")
        await owner.change(f"INSERT INTO {table} SELECT * FROM kept")
        await owner.rows("DROP TABLE kept")
        if back:
            await owner.rows(back)


async def _offender(owner: Owner, corruption: Corruption, shown: tuple[str, str]) -> Offender:
    [row] = await owner.rows(
        f"SELECT {shown[0]}, {shown[1]} FROM {corruption.table} WHERE {corruption.where}"
    )
    id_, of = map(_text, row)
    return id_, of


def _text(value: Any) -> str:
    if hasattr(value, "hex") and not isinstance(value, int):
        value = value.hex if isinstance(value.hex, str) else value.hex()
    return str(value)


async def broken(company: Company, since: datetime | None = None) -> dict[str, Offender]:
    """Each invariant that the auditor finds broken, with the first row that it names.

    With ``since`` it looks at what was recorded since, and at what that touches.
    """
    asked: dict[str, Any] = {} if since is None else {"recorded_from": since.isoformat()}
    report = await company.get("/reports/integrity", **asked)
    assert report["recorded_from"] == (None if since is None else instant(since))
    assert [each["name"] for each in report["checks"]] == list(INVARIANTS)
    found = {
        each["name"]: (each["first"]["id"], each["first"]["of"])
        for each in report["checks"]
        if each["broken"]
    }
    assert report["ok"] == (not found)
    return found
