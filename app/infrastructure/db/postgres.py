"""PostgreSQL: asyncpg pools, the tenant bound per transaction, four round trips a command."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
import orjson
import structlog

from app.application.shared.commands import Call, Outcome
from app.application.shared.group import Read, Write, decide_group
from app.application.shared.kinds import Needs
from app.application.shared.work import Loaded
from app.domain.shared.errors import DomainError, ServiceUnavailable
from app.domain.shared.ids import NO_ID, Id
from app.infrastructure.db.changes import BatchKey, collect
from app.infrastructure.db.errors import (
    Retry,
    StartRefused,
)
from app.infrastructure.db.grouping import Grouping, one_by_one
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.mapping import Registry
from app.infrastructure.db.port import Rows
from app.infrastructure.db.postgres_errors import (
    connection_refusal,
    translated,
    translated_read,
)
from app.infrastructure.db.postgres_statements import ReadShape, json_rows, write_statement
from app.infrastructure.db.query import Query
from app.infrastructure.db.reading import Source, sources_in_lock_order, take
from app.infrastructure.db.schema import driver_url

_log = structlog.get_logger("app.database")

_COMMON = {
    "application_name": "tradepost",
    "jit": "off",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
}
# Force generic plans, or the planner would plan the large statements again for each command (stack
# §5). A plan is made once per connection, perhaps while a table is empty, and kept while the table
# grows. So rows are found by an index, one key after the other, whatever the statistics say. This
# includes the checks of foreign keys (docs/decisions/0007).
COMMANDS = {
    **_COMMON,
    "plan_cache_mode": "force_generic_plan",
    **dict.fromkeys(("enable_seqscan", "enable_bitmapscan", "enable_hashjoin"), "off"),
    "enable_mergejoin": "off",
    # A commit is on disk before it is acknowledged, even if the server's setting is weaker.
    "synchronous_commit": "on",
    "lock_timeout": "5s",
    "transaction_timeout": "10s",  # rulings R-02
}
_READS = {**_COMMON, "statement_timeout": "30s", "default_transaction_read_only": "on"}


_PRIVILEGES = """
    SELECT rolname, rolsuper OR rolbypassrls, EXISTS (
        SELECT 1 FROM pg_class WHERE relowner = r.oid AND relnamespace = 'public'::regnamespace
    )
    FROM pg_roles r WHERE rolname = session_user
"""


class PrivilegedLogin(StartRefused):
    """The service would bypass row security."""


class PostgresDatabase:
    """The clustered database."""

    dialect = "postgresql"

    def __init__(
        self,
        url: str,
        registry: Registry,
        new_id: Callable[[], Id],
        *,
        role: str = APP_ROLE,
        pool_size: int = 8,
        pool_wait_seconds: float = 5.0,
        production: bool = False,
    ) -> None:
        self._production = production
        self._dsn = driver_url(url)
        self._registry = registry
        self._new_id = new_id
        self._role = role
        self._pool_size = pool_size
        self._pool_wait_seconds = pool_wait_seconds
        self._read_shapes: dict[tuple[tuple[Source, ...], bool], ReadShape] = {}
        self._writes: dict[tuple[BatchKey, ...], str] = {}
        self._commands: asyncpg.Pool | None = None
        self._reads: asyncpg.Pool | None = None
        self._grouping = Grouping(self._run_together)

    async def start(self) -> None:
        """Open both pools.

        Raises:
            StartRefused: the server does not answer or refuses the login; the message says which.
            PrivilegedLogin: production would bypass row security.
        """
        await self._start(reading_only=False)

    async def start_reading(self) -> None:
        """As ``start``, but open only the read pool, for a replica."""
        await self._start(reading_only=True)

    async def _start(self, *, reading_only: bool) -> None:
        try:
            if not reading_only:
                self._commands = await self._open(COMMANDS)
            self._reads = await self._open(_READS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            await self.stop()
            raise StartRefused(connection_refusal(error, self._dsn, self._role)) from error
        if self._production:
            await self._refuse_privileged_login()

    async def _refuse_privileged_login(self) -> None:
        """Refuse logins that row security does not bind: superusers, and owners without FORCE.

        Raises:
            PrivilegedLogin: DATABASE_URL logs in as a superuser, with BYPASSRLS, or as the owner of
            the tables.
        """
        async with self._connection(self._reads) as connection:
            login, above, owner = await connection.fetchrow(_PRIVILEGES)
        if above or owner:
            await self.stop()
            what = "bypasses row security" if above else "owns the tables"
            raise PrivilegedLogin(
                f'the login "{login}" of DATABASE_URL {what}; production takes one that has only '
                f"been granted {self._role}, and DATABASE_OWNER_URL for migrations"
            )

    async def _open(self, server_settings: dict[str, str]) -> asyncpg.Pool:
        # The role is a startup parameter of the connection, so RESET ALL restores it (rulings
        #
        return await asyncpg.create_pool(
            self._dsn,
            min_size=1,
            max_size=self._pool_size,
            max_inactive_connection_lifetime=300,
            command_timeout=35,
            timeout=5,
            statement_cache_size=500,
            init=prepare_connection,
            # Transactions only use SET LOCAL, so nothing has to be reset on release.
            reset=_nothing_to_reset,
            server_settings={**server_settings, "role": self._role},
        )

    async def stop(self) -> None:
        """Close both pools once the running transactions ended."""
        await self._grouping.finish()
        for pool in (self._commands, self._reads):
            if pool is not None:
                await pool.close()
        self._commands = self._reads = None

    @asynccontextmanager
    async def _connection(self, pool: asyncpg.Pool | None) -> AsyncIterator[Any]:
        if pool is None:
            raise ServiceUnavailable
        try:
            connection = await pool.acquire(timeout=self._pool_wait_seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise ServiceUnavailable from error
        try:
            yield connection
        finally:
            await _give_back(pool, connection)

    @asynccontextmanager
    async def read(self, tenant_id: bytes | None) -> AsyncIterator["PostgresScope"]:
        """A read-only snapshot bound to the tenant; without a tenant, each read is independent."""
        async with self._connection(self._reads) as connection:
            with translated_read():
                if tenant_id is None:
                    yield PostgresScope(connection, None)
                    return
                await connection.execute(_begin(tenant_id, "BEGIN ISOLATION LEVEL REPEATABLE READ"))
                yield PostgresScope(connection, tenant_id)
                await connection.execute("COMMIT")

    async def load(self, tenant_id: bytes | None, needs: Needs) -> Loaded:
        """Load aggregates without locking them."""
        loaded = Loaded()
        bound = tenant_id or NO_ID
        async with self._connection(self._reads) as connection:
            with translated_read():
                await connection.execute(_begin(bound, "BEGIN"))
                await self._read(connection, bound, Read(needs, loaded), locking=False)
                await connection.execute("COMMIT")
        return loaded

    async def ping(self) -> None:
        """Run a trivial statement within two seconds."""
        async with self._connection(self._reads) as connection:
            with translated_read():
                await connection.fetchval("SELECT 1", timeout=2)

    async def run(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Run calls of one tenant (see ``CommandRunner``); a single one may share a transaction."""
        if len(calls) == 1 and not dry_run:
            return [await self._grouping.run(calls[0])]
        return await self._run_together(calls, atomic=atomic, dry_run=dry_run)

    async def _run_together(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Run calls of one tenant in one transaction, or each alone when that fails."""
        times: Counter[str] = Counter()
        while True:
            try:
                return await self._transaction(calls, atomic=atomic, dry_run=dry_run)
            except Retry as retry:
                reason, refusal = str(retry), retry.refusal
                times[reason] += 1
                if times[reason] > retry.times_max:
                    break
                _log.info("command_retried", attempt=times[reason], reason=reason)
                await asyncio.sleep(retry.pause_seconds * times[reason])
            except ServiceUnavailable:
                raise
            except DomainError as error:
                refusal = error
                break
        if atomic or len(calls) == 1:
            return [refusal]
        # Running each call alone shows which one violates a constraint or keeps conflicting.
        return await one_by_one(partial(self._run_together, dry_run=dry_run), calls)

    async def _transaction(
        self, calls: Sequence[Call[Any]], *, atomic: bool, dry_run: bool
    ) -> list[Outcome]:
        tenant_id = calls[0].principal.tenant_id
        steps = decide_group(calls, atomic=atomic, dry_run=dry_run, new_id=self._new_id)
        async with self._connection(self._commands) as connection:
            with translated():
                await connection.execute(_begin(tenant_id, "BEGIN"))
                step = next(steps)
                wrote = False
                while True:
                    if isinstance(step, Write):
                        await self._write(connection, tenant_id, step)
                        wrote = True
                        now = datetime.min
                    else:
                        now = await self._read(connection, tenant_id, step)
                    try:
                        step = steps.send(now)
                    except StopIteration as end:
                        await connection.execute("COMMIT" if wrote else "ROLLBACK")
                        return end.value  # type: ignore[no-any-return]

    async def _read(
        self, connection: Any, tenant_id: bytes, step: Read, *, locking: bool = True
    ) -> datetime:
        needs: Needs = step.needs
        sources = sources_in_lock_order(needs)
        shape = self._read_shapes.get((sources, locking))
        if shape is None:
            shape = ReadShape(sources, self._registry, locking=locking)
            self._read_shapes[sources, locking] = shape
        record = await connection.fetchrow(shape.sql, *shape.arguments(tenant_id, needs))
        place = 1
        for source, watched in zip(sources, shape.watched, strict=True):
            mapping = self._registry.mapping_of(source[0])
            children = len(mapping.children)
            rows, child_rows = record[place], record[place + 1 : place + 1 + children]
            place += 1 + children
            if watched:
                at = mapping.columns.index("version")
                if [row[at] for row in rows] != [row[0] for row in record[place]]:
                    rows, *child_rows = await self._again(connection, tenant_id, needs, source)
                place += 1
            take(step.loaded, needs, source, self._registry, rows, child_rows)
        return record[-1]  # type: ignore[no-any-return]

    async def _again(
        self, connection: Any, tenant_id: bytes, needs: Needs, source: Source
    ) -> Sequence[Any]:
        """The rows and children of a source that had to wait for its locks.

        After a lock wait PostgreSQL returns the current row, but its children as of the start of
        the statement. The locks are held now, so a second statement sees both as they are.
        """
        shape = ReadShape((source,), self._registry, locking=False)
        record = await connection.fetchrow(shape.sql, *shape.arguments(tenant_id, needs))
        return record[1:-1]  # type: ignore[no-any-return]

    async def _write(self, connection: Any, tenant_id: bytes, step: Write) -> None:
        batches = collect(step.loaded, self._registry, tenant_id, step.now).in_order()
        shape = tuple(key for key, _ in batches)
        sql = self._writes.get(shape)
        if sql is None:
            sql = self._writes[shape] = write_statement(shape)
        counts = await connection.fetchrow(sql, *(json_rows(rows) for _, rows in batches))
        for count, ((table, operation, _), rows) in zip(counts, batches, strict=True):
            if count != len(rows):
                raise Retry(f"{operation} {table.name}")


class PostgresScope:
    """Reads on one connection."""

    def __init__(self, connection: Any, tenant_id: bytes | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def rows(self, query: Query, **values: Any) -> Rows:
        """All rows of a query."""
        values["tenant_id"] = self._tenant_id
        sql, arguments = query.postgres.sql, query.postgres.arguments(values)
        return await self._connection.fetch(sql, *arguments)  # type: ignore[no-any-return]

    async def row(self, query: Query, **values: Any) -> Sequence[Any] | None:
        """The first row, or None."""
        values["tenant_id"] = self._tenant_id
        sql, arguments = query.postgres.sql, query.postgres.arguments(values)
        return await self._connection.fetchrow(sql, *arguments)  # type: ignore[no-any-return]


def _begin(tenant_id: bytes, begin: str) -> str:
    # A ULID in hexadecimal: nothing that came from a request reaches this text.
    return f"{begin}; SET LOCAL app.tenant_id = '{tenant_id.hex()}'"


async def prepare_connection(connection: Any) -> None:
    """Pass ids as bytes and JSON as parsed values, without a text form in between."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=bytes, decoder=_read_jsonb, format="binary"
    )


def _read_jsonb(value: bytes) -> Any:
    return orjson.loads(value[1:])


async def _nothing_to_reset(connection: Any) -> None:
    del connection


async def _give_back(pool: asyncpg.Pool, connection: Any) -> None:
    """Return a connection outside a transaction; a broken one has already left the pool.

    The work is committed, so a connection that cannot be returned does not change the answer.
    """
    with contextlib.suppress(asyncpg.InterfaceError, OSError):
        if connection.is_in_transaction():
            await _roll_back(connection)
        await pool.release(connection)


async def _roll_back(connection: Any) -> None:
    try:
        await connection.execute("ROLLBACK")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        connection.terminate()
