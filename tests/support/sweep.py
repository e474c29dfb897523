"""Counts the calls of the service's ports, and makes one of them fail.

The adapters are unchanged: only the connection below them is wrapped, and faults are real where
possible. A session is killed, a statement is refused by the server, exceeds its time or is
interrupted. Simulated are errors of SQLite's disk, of getting a connection, of the clock, and an
answer that is lost after its call was done.
"""

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.api.middleware.rate_limit import RateLimit
from app.domain.shared.ids import Id
from app.infrastructure.db import sqlite
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.postgres import PostgresDatabase
from app.infrastructure.db.sqlite import SqliteDatabase

LOST = "lost"  # the call was done, and its answer did not arrive
_CUT = "connection was closed in the middle of operation"
_KILL = "SELECT pg_terminate_backend($1, 5000)"
_VERSIONS = "coalesce(sum(version), 0)"
_RAISE = "DO $$ BEGIN RAISE EXCEPTION 'as a test says' USING ERRCODE = '{}'; END $$"


@dataclass(frozen=True)
class Fault:
    """The call of a port that fails, from 1, and how."""

    kind: str
    number: int


@dataclass
class Calls:
    """The calls of a port, by what they ask; ``met`` is the one that failed."""

    made: list[str] = field(default_factory=list)
    met: str | None = None
    _watched: bool = False
    _fault: Fault | None = None

    @contextmanager
    def watched(self, fault: Fault | None = None) -> Iterator[None]:
        """Restart the count for this block, and make that call fail."""
        self.made, self.met = [], None
        self._fault, self._watched = fault, True
        try:
            yield
        finally:
            self._watched = False

    def next(self, asked: str) -> str:
        """Count a call; how it fails, or nothing."""
        if not self._watched:
            return ""
        self.made.append(asked)
        if self._fault is None or len(self.made) != self._fault.number:
            return ""
        self.met = asked
        return self._fault.kind


@dataclass
class Port:
    """A port and the ways in which its calls fail.

    ``may_break`` means that a failure of this port is a defect of the machine, for which 500 is the
    right answer. ``prepare`` runs before each request.
    """

    name: str
    kinds: tuple[str, ...]
    may_break: bool = False
    prepare: Callable[[], None] = lambda: None
    calls: Calls = field(default_factory=Calls)


class RowCounts:
    """How many rows a company has in each table, and how often rows with a version were changed."""

    def __init__(self, url: str, owner: Any) -> None:
        tables = [each for each in metadata.sorted_tables if each.info["tenant"]]
        mark = "?1" if owner is None else "$1"
        parts = [
            f"SELECT '{table.name}', count(*), {_VERSIONS if 'version' in table.c else '0'} "
            f"FROM {table.name} WHERE tenant_id = {mark}"
            for table in tables
        ]
        self._sql = " UNION ALL ".join(parts)
        self._owner = owner
        self._file = None
        if owner is None:
            self._file = sqlite3.connect(url.split("///", 1)[1], isolation_level=None)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    async def of(self, tenant: Id) -> Counter[str]:
        """The numbers by table."""
        if self._file is not None:
            found = self._file.execute(self._sql, (tenant,)).fetchall()
        else:
            found = await self._owner.fetch(self._sql, tenant.hex())
        counts: Counter[str] = Counter()
        for table, rows, versions in found:
            counts[table] = rows
            counts[f"{table}: versions"] = int(versions)
        return counts


def _first_word(statement: str) -> str:
    return statement.split(None, 1)[0].rstrip(";")


# What the server gets in place of the statement, and really refuses.
_REFUSED = {
    "disk full": _RAISE.format("disk_full"),
    "canceled": "SET LOCAL statement_timeout = '1ms'; SELECT pg_sleep(10)",
    "io error": _RAISE.format("io_error"),
    "deadlock": _RAISE.format("deadlock_detected"),
}
# Each kind is also a reason for getting no connection at all.
_NO_CONNECTION: dict[str, Exception] = {
    "killed": ConnectionRefusedError("nobody listens"),
    "disk full": asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    "time-out": TimeoutError(),
    "canceled": asyncpg.CannotConnectNowError("the database system is starting up"),
    LOST: asyncpg.ConnectionDoesNotExistError(_CUT),
    "io error": asyncpg.ConnectionFailureError("the server closed the connection unexpectedly"),
    "deadlock": asyncpg.InterfaceError("pool is closing"),
}
POSTGRES_KINDS = tuple(_NO_CONNECTION)


class SweptPool:
    """A pool of asyncpg whose acquiring is a call, and so is each round trip."""

    def __init__(self, pool: Any, calls: Calls, owner: Any) -> None:
        self._pool = pool
        self._calls = calls
        self._owner = owner

    async def acquire(self, **options: Any) -> "SweptConnection":
        kind = self._calls.next("acquire")
        if kind and kind != LOST:
            raise _NO_CONNECTION[kind]
        plain = await self._pool.acquire(**options)
        if kind:
            await self._pool.release(plain)
            raise _NO_CONNECTION[kind]
        return SweptConnection(plain, self._calls, self._owner)

    async def release(self, connection: "SweptConnection") -> None:
        """The work is done by then, so a failure here changes no answer."""
        kind = self._calls.next("release")
        await self._pool.release(connection.plain)
        if kind:
            raise TimeoutError if kind == "time-out" else asyncpg.InterfaceError("not given back")


class SweptConnection:
    """A connection of asyncpg; everything but its round trips is passed through."""

    def __init__(self, plain: Any, calls: Calls, owner: Any) -> None:
        self.plain = plain
        self._calls = calls
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    async def execute(self, sql: str, *values: Any) -> Any:
        return await self._call(sql, lambda: self.plain.execute(sql, *values))

    async def fetch(self, sql: str, *values: Any) -> Any:
        return await self._call(sql, lambda: self.plain.fetch(sql, *values))

    async def fetchrow(self, sql: str, *values: Any) -> Any:
        return await self._call(sql, lambda: self.plain.fetchrow(sql, *values))

    async def _call(self, sql: str, done: Callable[[], Awaitable[Any]]) -> Any:
        kind = self._calls.next(_first_word(sql))
        if kind in _REFUSED:
            await self.plain.execute(_REFUSED[kind])
        elif kind == "time-out":
            # It ends by itself, should the cancellation reach the server before the statement.
            await self.plain.execute("SELECT pg_sleep(2)", timeout=0.005)
        elif kind == "killed":
            assert await self._owner.fetchval(_KILL, self.plain.get_server_pid())
            await done()
        elif kind == LOST:
            await done()
            self.plain.terminate()
            raise asyncpg.ConnectionDoesNotExistError(_CUT)
        else:
            return await done()
        raise AssertionError(f"{kind} did not raise")


SQLITE_KINDS = ("disk error", "transaction ended", "interrupted", LOST)


class SweptFile:
    """A connection of SQLite whose every statement is a call of the disk."""

    def __init__(self, plain: sqlite3.Connection, calls: Calls) -> None:
        self._plain = plain
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def execute(self, sql: str, *values: Any) -> Any:
        return self._call(sql, lambda: self._plain.execute(sql, *values))

    def executemany(self, sql: str, rows: Any) -> Any:
        return self._call(sql, lambda: self._plain.executemany(sql, rows))

    def _call(self, sql: str, done: Callable[[], Any]) -> Any:
        kind = self._calls.next(_first_word(sql))
        if kind == "disk error":
            raise sqlite3.OperationalError("disk I/O error")
        if kind == "transaction ended":  # what SQLite does on a full disk
            self._plain.rollback()
            raise sqlite3.OperationalError("database or disk is full")
        if kind == "interrupted":
            self._plain.set_progress_handler(lambda: 1, 1)
            try:
                done()
            finally:
                self._plain.set_progress_handler(None, 0)
            raise AssertionError("it was not interrupted")
        answer = done()
        if kind == LOST:
            raise sqlite3.OperationalError("disk I/O error")
        return answer


class SweptClock:
    """The machine's clock, which can fail to be read."""

    def __init__(self) -> None:
        self.port = Port("clock", ("error", "time-out"), may_break=True)

    def now(self) -> datetime:
        _fail(self.port.calls.next("now"))
        return datetime.now(UTC)


def _fail(kind: str) -> None:
    if kind == "error":
        raise OSError("it cannot be read")
    if kind == "time-out":
        raise TimeoutError


def _limiter(app: Any, patch: pytest.MonkeyPatch) -> Port:
    """The limiter, which keeps its counts in this process."""
    port = Port("limiter", ("error", "time-out", LOST), may_break=True)
    [limiter] = [each.kwargs["limiter"] for each in app.user_middleware if each.cls is RateLimit]
    plain = limiter.take

    async def take(*asked: Any) -> Any:
        kind = port.calls.next("take")
        if kind == LOST:
            await plain(*asked)
            raise OSError(_CUT)
        _fail(kind)
        return await plain(*asked)

    patch.setattr(limiter, "take", take)
    return port


def _forget_sessions(app: Any) -> Callable[[], None]:
    """Empties the cache of verified sessions, so that the next request reads."""
    tokens = app.state.container.identity.tokens._tokens
    return lambda: tokens._known.forget_where(lambda _: True)


def _of_postgres(app: Any, owner: Any, patch: pytest.MonkeyPatch) -> list[Port]:
    database: PostgresDatabase = app.state.container.database
    commands = Port("database", POSTGRES_KINDS)
    sessions = Port("sessions", POSTGRES_KINDS, prepare=_forget_sessions(app))
    plain = database._connection

    def connection(pool: Any) -> Any:
        calls = commands.calls if pool is database._commands else sessions.calls
        return plain(SweptPool(pool, calls, owner))  # type: ignore[arg-type]

    patch.setattr(database, "_connection", connection)
    return [commands, sessions]


def _of_sqlite(app: Any, patch: pytest.MonkeyPatch) -> list[Port]:
    database: SqliteDatabase = app.state.container.database
    commands = Port("disk", SQLITE_KINDS)
    sessions = Port("sessions", SQLITE_KINDS, prepare=_forget_sessions(app))
    together, on_snapshot = database._commit_together, sqlite._on_snapshot

    def commit_together(connection: Any, jobs: Any) -> None:
        if not connection.in_transaction:  # a left-over one is for the tests to find
            connection.execute("PRAGMA synchronous=OFF")  # no power fails here
        together(SweptFile(connection, commands.calls), jobs)  # type: ignore[arg-type]

    def on_swept(connection: Any, function: Any, arguments: Any) -> Any:
        return on_snapshot(SweptFile(connection, sessions.calls), function, arguments)  # type: ignore[arg-type]

    patch.setattr(database, "_commit_together", commit_together)
    patch.setattr(sqlite, "_on_snapshot", on_swept)
    return [commands, sessions]


@contextmanager
def swept_ports(app: Any, clock: SweptClock, owner: Any) -> Iterator[list[Port]]:
    """The ports of an instance; ``owner`` is another connection to its PostgreSQL, if it has one.

    The first of them is the one that keeps what a command does.
    """
    with pytest.MonkeyPatch.context() as patch:
        ports = _of_sqlite(app, patch) if owner is None else _of_postgres(app, owner, patch)
        yield [*ports, clock.port, _limiter(app, patch)]
