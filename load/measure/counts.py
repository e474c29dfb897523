"""The database work of a request, counted by PostgreSQL itself and independent of load."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from load.measure.client import offer
from load.measure.table import Table

PRELOADED = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "none",
    "pg_stat_statements.track_planning": "on",
}
"""Settings of a server that can count; counting is on only inside ``count``."""

_WRITES = re.compile(r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")
_LOCKS = re.compile(r"\bFOR (UPDATE|KEY SHARE)\b")
# Not counted: SET LOCAL, which is sent with BEGIN, and the query of the balance trigger at the
# commit.
_NO_TRIP = re.compile(r"SET LOCAL|SELECT sum\(amount\), count\(\*\)\s+FROM journal_lines\b")


@dataclass(frozen=True, slots=True)
class Counted:
    """For one request: round trips to the database, and the number of writing statements.

    ``plans`` is the total number of plans made for statements that write or lock.
    """

    round_trips: int
    writes: int
    plans: int

    def __str__(self) -> str:
        return f"{self.round_trips} round trips, {self.writes} writes, {self.plans} plans"


async def count(
    table: Table, url: str, port: int, name: str, requests: Iterable[bytes], expected: Counted
) -> None:
    """Send requests one after the other and record the cost of each beside ``expected``.

    Background work (a checkpoint, a probe) is rarer than the requests and is rounded away. The
    first request is not counted, because its connections have no prepared statements.
    """
    first, *others = requests
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        (await offer(port, [first], 1)).check(200, 201, 207)
        await _track(connection, "top")
        await connection.execute("SELECT pg_stat_statements_reset()")
        (await offer(port, others, 1)).check(200, 201, 207)
        rows = await connection.fetch(
            "SELECT query, calls, plans FROM pg_stat_statements"
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        )
        await _track(connection, "none")
    finally:
        await connection.close()
    trips = writes = plans = 0
    for query, calls, planned in rows:
        each = round(calls / len(others))
        trips += 0 if _NO_TRIP.match(query) else each
        writes += each if _WRITES.search(query) else 0
        plans += planned if _WRITES.search(query) or _LOCKS.search(query) else 0
    table.count(name, Counted(trips, writes, plans), expected)


async def _track(connection: asyncpg.Connection, what: str) -> None:
    await connection.execute(f"ALTER SYSTEM SET pg_stat_statements.track = '{what}'")
    await connection.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(0.3)  # each connection reloads it
