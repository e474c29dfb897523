"""Reports on a streaming replica that include everything the primary has acknowledged.

A caller may already know of anything that the primary has committed. So each read first asks the
primary for the flushed position of its log, which is after the last acknowledged commit, and waits
until the replica has replayed it. If the replica stays behind or is unreachable, the primary
answers.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from sqlalchemy import literal_column, select

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import StartRefused
from app.infrastructure.db.port import Scope
from app.infrastructure.db.postgres import PostgresDatabase
from app.infrastructure.db.query import Query
from app.infrastructure.db.types import Integer

# Positions in the log, in bytes from its start. A server that is not a replica has replayed none.
_FLUSHED = Query(
    select(literal_column("pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint", Integer))
)
_REPLAYED = Query(
    select(literal_column("pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint", Integer))
)
_AWAY_SECONDS = 5.0  # how long a replica that failed is left alone
_LOOK_SECONDS = 0.005
_log = structlog.get_logger("app.database")


class ReplicaReads:
    """Read-only snapshots of tenants, from ``replica`` if it has caught up, else from ``primary``.

    ``wait_seconds`` is how long a read waits for the replica.
    """

    def __init__(
        self, primary: PostgresDatabase, replica: PostgresDatabase, wait_seconds: float
    ) -> None:
        self._primary = primary
        self._replica = replica
        self._wait_seconds = wait_seconds
        self._started = False
        self._starting = asyncio.Lock()
        self._away_until = 0.0

    async def stop(self) -> None:
        """Close what was opened."""
        await self._replica.stop()

    @asynccontextmanager
    async def read(self, tenant_id: bytes | None) -> AsyncIterator[Scope]:
        """A snapshot bound to the tenant.

        Raises:
            ServiceUnavailable: neither answers, or the replica cancelled the snapshot because the
            primary removed its rows. The next read may succeed.
        """
        async with AsyncExitStack() as stack:
            scope = await self._caught_up(stack, tenant_id)
            if scope is None:
                scope = await stack.enter_async_context(self._primary.read(tenant_id))
            yield scope

    async def _caught_up(self, stack: AsyncExitStack, tenant_id: bytes | None) -> Scope | None:
        if time.monotonic() < self._away_until:
            return None
        async with self._primary.read(None) as scope:
            [(flushed,)] = await scope.rows(_FLUSHED)
        try:
            await self._start()
            if not await self._has_replayed(flushed):
                return None
            return await stack.enter_async_context(self._replica.read(tenant_id))
        except (StartRefused, ServiceUnavailable) as error:
            _log.warning("replica_away", error=type(error).__name__)
            self._away_until = time.monotonic() + _AWAY_SECONDS
            return None

    async def _start(self) -> None:
        async with self._starting:
            if not self._started:
                await self._replica.start_reading()
                self._started = True

    async def _has_replayed(self, position: int) -> bool:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            async with self._replica.read(None) as scope:
                [(replayed,)] = await scope.rows(_REPLAYED)
            if replayed is None:  # it was promoted and is a primary now
                raise ServiceUnavailable
            if replayed >= position:
                return True
            if time.monotonic() >= deadline:
                _log.info("replica_behind", bytes=position - replayed)
                return False
            await asyncio.sleep(_LOOK_SECONDS)
