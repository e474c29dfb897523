"""Counts the statements of the service on the database connections."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from app.infrastructure.db import sqlite
from app.infrastructure.db.sqlite_steps import SqliteSteps

# The access state of a caller, which any request may read once in five seconds.
_OF_THE_CALLER = "revoked_at IS NULL"


class Counter:
    """The statements so far: how many, each once, and one after the other."""

    def __init__(self) -> None:
        self.total = 0
        self.seen: set[str] = set()
        self.log: list[str] = []

    def see(self, sql: str) -> None:
        """Count a statement."""
        self.seen.add(sql)
        self.log.append(sql)
        if _OF_THE_CALLER not in sql:
            self.total += 1


@contextmanager
def counted() -> Iterator[Counter]:
    """Count every statement of every application of this process."""
    counter = Counter()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("execute", "fetch", "fetchrow", "fetchval"):
            patch.setattr(asyncpg.Connection, name, _seen(counter, name))
        read, fetch = SqliteSteps.read, sqlite._fetch

        def steps_read(self: Any, connection: sqlite3.Connection, *arguments: Any) -> None:
            connection.set_trace_callback(counter.see)
            try:
                read(self, connection, *arguments)
            finally:
                connection.set_trace_callback(None)

        def scope_fetch(connection: sqlite3.Connection, sql: str, values: Any) -> list[Any]:
            counter.see(sql)
            return fetch(connection, sql, values)

        patch.setattr(SqliteSteps, "read", steps_read)
        patch.setattr(sqlite, "_fetch", scope_fetch)
        yield counter


def _seen(counter: Counter, name: str) -> Any:
    plain = getattr(asyncpg.Connection, name)

    async def send(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        counter.see(query)
        return await plain(self, query, *arguments, **options)

    return send
