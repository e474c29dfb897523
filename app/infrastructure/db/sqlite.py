"""SQLite: one writer thread that commits groups, and reader connections of aiosqlite (WAL).

A commit with synchronous=FULL waits for the disk. So the writer runs up to 64 waiting jobs in one
transaction, each in its own savepoint, and answers them after the one COMMIT.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import structlog

from app.application.shared.commands import Call, Outcome
from app.application.shared.group import Read, Write, decide_group
from app.application.shared.kinds import Needs
from app.application.shared.work import Loaded
from app.domain.shared.clock import Clock
from app.domain.shared.errors import DomainError, ServiceUnavailable
from app.domain.shared.ids import NO_ID, Id
from app.infrastructure.db.errors import Retry, StartRefused, TookTooLong, constraint_error
from app.infrastructure.db.grouping import Grouping, one_by_one
from app.infrastructure.db.mapping import Registry
from app.infrastructure.db.port import Rows
from app.infrastructure.db.query import Query
from app.infrastructure.db.sqlite_statements import constraint_name
from app.infrastructure.db.sqlite_steps import SqliteSteps, converted
from app.infrastructure.db.types import register_sqlite_adapters

T = TypeVar("T")

GROUP_MAX = 64
WORK_SECONDS_MAX = 10.0  # a transaction lives no longer (rulings R-02)
_READERS = 4
_log = structlog.get_logger("app.database")


@dataclass(slots=True)
class _Job:
    calls: Sequence[Call[Any]]
    atomic: bool
    dry_run: bool
    answer: Future[list[Outcome]] = field(default_factory=Future)


class SqliteDatabase:
    """The embedded database."""

    dialect = "sqlite"

    def __init__(
        self,
        path: Path,
        registry: Registry,
        new_id: Callable[[], Id],
        clock: Clock,
        *,
        wait_seconds: float = 5.0,
    ) -> None:
        self._path = path
        self._new_id = new_id
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._idle: asyncio.Queue[Reader] = asyncio.Queue()
        self._readers: list[Reader] = []
        self._replacing: set[asyncio.Task[None]] = set()
        self._steps = SqliteSteps(registry)
        self._grouping = Grouping(self._run_together)

    async def start(self) -> None:
        """Open the connections and start the writer.

        Raises:
            StartRefused: the file does not exist or cannot be opened.
        """
        register_sqlite_adapters()
        _refuse_missing(self._path)
        try:
            writing = connect(self._path)
            raw = [connect(self._path, read_only=True) for _ in range(_READERS)]
        except sqlite3.Error as error:
            raise StartRefused(f"{self._path} cannot be opened: {error}") from error
        self._readers = [await Reader.on(each) for each in raw]
        self._idle = asyncio.Queue()
        for reader in self._readers:
            self._idle.put_nowait(reader)
        self._writer = threading.Thread(
            target=self._write_loop, args=(writing,), name="sqlite-writer", daemon=True
        )
        self._writer.start()

    async def stop(self) -> None:
        """Finish the queued jobs, then close."""
        await self._grouping.finish()
        writer, self._writer = self._writer, None
        if writer is not None:
            self._jobs.put(None)
            await asyncio.to_thread(writer.join)
        await asyncio.gather(*self._replacing)
        readers, self._readers = self._readers, []
        for reader in readers:
            await reader.close()

    async def run(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Run calls of one tenant (see ``CommandRunner``); a single one may share its savepoint."""
        if len(calls) == 1 and not dry_run:
            return [await self._grouping.run(calls[0])]
        return await self._run_together(calls, atomic=atomic, dry_run=dry_run)

    async def _run_together(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Run calls in one savepoint of the writer, or each alone when a row is refused."""
        if self._writer is None:
            raise ServiceUnavailable
        try:
            job = _Job(calls, atomic, dry_run)
            self._jobs.put(job)
            # The job continues when the client disconnects: its answer is stored under its key.
            return await asyncio.shield(asyncio.wrap_future(job.answer))
        except Retry as retry:
            # There is one writer, so a retry would meet the same row.
            if atomic or len(calls) == 1:
                return [retry.refusal]
        except ServiceUnavailable:
            raise
        except DomainError as refusal:
            if atomic or len(calls) == 1:
                return [refusal]
        return await one_by_one(partial(self._run_together, dry_run=dry_run), calls)

    @asynccontextmanager
    async def read(self, tenant_id: bytes | None) -> AsyncIterator["SqliteScope"]:
        """A read-only snapshot bound to the tenant."""
        if not self._readers:
            raise ServiceUnavailable
        try:
            reader = await asyncio.wait_for(self._idle.get(), self._wait_seconds)
        except TimeoutError as error:
            raise ServiceUnavailable from error
        try:
            yield SqliteScope(reader, tenant_id)
        except sqlite3.Error as error:
            self._replace(reader)
            raise ServiceUnavailable from error
        except asyncio.CancelledError:
            self._replace(reader)
            raise
        except BaseException:
            self._give_back(reader)
            raise
        else:
            self._give_back(reader)

    def _give_back(self, reader: "Reader") -> None:
        reader.end()
        self._idle.put_nowait(reader)

    def _replace(self, reader: "Reader") -> None:
        """Open another connection in place of one whose last statement may not have ended.

        It may still run in its thread, or its cursor may live on in a traceback. Then a rollback
        does not end the snapshot, and the next request would read what was true before.
        """
        task = asyncio.create_task(self._replaced(reader))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _replaced(self, reader: "Reader") -> None:
        try:
            fresh = await Reader.on(connect(self._path, read_only=True))
        except (sqlite3.Error, OSError) as error:
            _log.error("reader_not_replaced", error=type(error).__name__)
            await reader.settle()
            self._idle.put_nowait(reader)
            return
        self._readers = [fresh if each is reader else each for each in self._readers]
        self._idle.put_nowait(fresh)
        await reader.close()

    async def load(self, tenant_id: bytes | None, needs: Needs) -> Loaded:
        """Load aggregates."""
        loaded = Loaded()
        async with self.read(tenant_id) as scope:
            await scope.call(self._steps.read, tenant_id or NO_ID, Read(needs, loaded))
        return loaded

    async def ping(self) -> None:
        """Read one row."""
        async with self.read(None) as scope:
            await scope.execute("SELECT 1", {})

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        while True:
            first = self._jobs.get()
            if first is None:
                connection.close()
                return
            jobs = [first]
            last = False
            while len(jobs) < GROUP_MAX:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    last = True
                    break
                jobs.append(job)
            self._commit_together(connection, jobs)
            if last:
                connection.close()
                return

    def _commit_together(self, connection: sqlite3.Connection, jobs: list[_Job]) -> None:
        answers: list[tuple[_Job, list[Outcome] | BaseException]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            answers.extend((job, self._in_savepoint(connection, job)) for job in jobs)
            connection.execute("COMMIT")
        except Exception as error:
            # MemoryError is not a sqlite3.Error, and the writer thread must survive any exception.
            _log.error("commit_failed", error=type(error).__name__)
            with contextlib.suppress(sqlite3.Error, MemoryError):
                connection.execute("ROLLBACK")
            answers = [(job, ServiceUnavailable()) for job in jobs]
        for job, answer in answers:
            if isinstance(answer, BaseException):
                job.answer.set_exception(answer)
            else:
                job.answer.set_result(answer)

    def _in_savepoint(
        self, connection: sqlite3.Connection, job: _Job
    ) -> list[Outcome] | BaseException:
        deadline = time.monotonic() + WORK_SECONDS_MAX
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
        connection.execute("SAVEPOINT work")
        try:
            outcomes = self._work(connection, job)
        except Exception as error:
            # An error such as a full disk ends the whole transaction, and the savepoint with it.
            if not connection.in_transaction:
                raise sqlite3.OperationalError("the transaction was ended") from error
            connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
            return _translate(error)
        finally:
            connection.set_progress_handler(None, 0)
        connection.execute("RELEASE work")
        return outcomes

    def _work(self, connection: sqlite3.Connection, job: _Job) -> list[Outcome]:
        tenant_id = job.calls[0].principal.tenant_id
        steps = decide_group(job.calls, atomic=job.atomic, dry_run=job.dry_run, new_id=self._new_id)
        step = next(steps)
        try:
            while True:
                if isinstance(step, Write):
                    self._steps.write(connection, tenant_id, step)
                    step = steps.send(datetime.min)
                else:
                    self._steps.read(connection, tenant_id, step)
                    step = steps.send(self._clock.now())
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


class Reader:
    """A connection that reads, in the thread that aiosqlite keeps for it."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._connection = aiosqlite.Connection(lambda: raw, iter_chunk_size=1)

    @classmethod
    async def on(cls, raw: sqlite3.Connection) -> "Reader":
        """One whose thread has started."""
        reader = cls(raw)
        await reader._connection
        return reader

    async def run(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """Run ``function(connection, *arguments)`` on the snapshot, which begins with the first.

        The public methods of aiosqlite go to the thread and back for each statement, the beginning
        and the end of a transaction included, which costs 5 to 18 % of the CPU of a read
        (docs/decisions/0002-dependencies.md). ``_execute``, which they call, takes a function.
        """
        return await self._connection._execute(  # type: ignore[no-any-return,no-untyped-call]
            _on_snapshot, self._raw, function, arguments
        )

    def end(self) -> None:
        """Leave the snapshot; this waits for nothing, so no thread is asked."""
        with contextlib.suppress(sqlite3.Error):
            self._raw.rollback()

    async def settle(self) -> None:
        """Leave the snapshot once the thread has done all that it was asked for."""
        with contextlib.suppress(sqlite3.Error):
            await self._connection.rollback()

    async def close(self) -> None:
        """Close the connection and end its thread."""
        await self._connection.close()


class SqliteScope:
    """Reads on one connection; all of them see one snapshot."""

    def __init__(self, reader: Reader, tenant_id: bytes | None) -> None:
        self._reader = reader
        self._tenant_id = tenant_id

    async def rows(self, query: Query, **values: Any) -> Rows:
        """All rows of a query."""
        sql, defaults, readers = query.sqlite
        rows = await self.execute(sql, {**defaults, **values, "tenant_id": self._tenant_id})
        return converted(rows, readers)

    async def row(self, query: Query, **values: Any) -> Sequence[Any] | None:
        """The first row, or None."""
        rows = await self.rows(query, **values)
        return rows[0] if rows else None

    async def execute(self, sql: str, values: dict[str, Any]) -> list[Any]:
        """Run one statement in the thread of the reader."""
        return await self.call(_fetch, sql, values)

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function(connection, *arguments)`` in a reader thread, on this scope's snapshot."""
        return await self._reader.run(function, arguments)


def _on_snapshot(
    connection: sqlite3.Connection, function: Callable[..., T], arguments: tuple[Any, ...]
) -> T:
    if not connection.in_transaction:
        connection.execute("BEGIN")
    return function(connection, *arguments)


def _fetch(connection: sqlite3.Connection, sql: str, values: dict[str, Any]) -> list[Any]:
    return connection.execute(sql, values).fetchall()


def _refuse_missing(path: Path) -> None:
    # SQLite would create an empty file for a mistyped name.
    if not path.is_file():
        raise StartRefused(
            f"there is no database {path}: check DATABASE_URL, or make it by `tradepost migrate`"
        )


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with our settings; transactions are started explicitly."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=5, cached_statements=500
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute(f"PRAGMA cache_size={-4096 if read_only else -65536}")  # KiB
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


def _translate(error: Exception) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        name = constraint_name(str(error))
        _log.warning("constraint_violated", constraint=name)
        if name is None:
            return error  # NOT NULL or an append-only trigger: a defect of the service
        return constraint_error(name)
    if isinstance(error, sqlite3.OperationalError):
        _log.warning("database_busy", error=str(error))
        return TookTooLong() if str(error) == "interrupted" else ServiceUnavailable()
    return error
