"""A look at the rows behind the answers, to prove that nothing changed, or only once."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any, Protocol

import asyncpg

from app.domain.shared.ids import Id
from app.infrastructure.db.postgres import driver_url

Fingerprint = dict[str, tuple[int, str]]

_TABLES = """
SELECT c.oid::regclass::text AS name, EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS of_tenant
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'platform')
"""
_AUDITS = "SELECT count(*), count(*) FILTER (WHERE request_id = {}) FROM audit_entries"


class Rows(Protocol):
    """The rows of a database, seen by its owner."""

    async def fingerprint(self, *tenants: Id) -> Fingerprint:
        """Number and hash of the rows of every table; of tenants' tables those of ``tenants``."""
        ...

    async def audit_entries(self, request_id: str) -> tuple[int, int]:
        """How many audit entries there are, and how many of them name this request."""
        ...


@asynccontextmanager
async def rows_of(database_url: str) -> AsyncIterator[Rows]:
    """The rows behind the address of a database."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.split("///", 1)[1])) as connection:
            yield SqliteRows(connection)
        return
    owner = await asyncpg.connect(driver_url(database_url))
    try:
        yield PostgresRows(owner, await owner.fetch(_TABLES))
    finally:
        await owner.close()


def changed(before: Fingerprint, after: Fingerprint) -> dict[str, str]:
    """The tables that differ, with their number of rows before and after."""
    return {
        table: f"{before[table][0]} -> {after[table][0]} rows"
        for table in before
        if before[table] != after[table]
    }


class SqliteRows:
    """Rows of SQLite, hashed here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        self._of_tenant = {
            table: any(each[1] == "tenant_id" for each in self._all(f"PRAGMA table_info({table})"))
            for (table,) in self._all(query)
        }

    async def fingerprint(self, *tenants: Id) -> Fingerprint:
        """As ``Rows.fingerprint``."""
        found: Fingerprint = {}
        where = f"WHERE tenant_id IN ({', '.join('?' * len(tenants))})"
        for table, of_tenant in self._of_tenant.items():
            condition, values = (where, tenants) if of_tenant else ("", ())
            rows = self._all(f"SELECT * FROM {table} {condition}", *values)
            text = "\n".join(sorted(map(repr, rows)))
            found[table] = len(rows), hashlib.md5(text.encode()).hexdigest()
        return found

    async def audit_entries(self, request_id: str) -> tuple[int, int]:
        """As ``Rows.audit_entries``."""
        [(total, named)] = self._all(_AUDITS.format("?"), request_id)
        return total, named

    def _all(self, query: str, *values: Any) -> list[Any]:
        return self._connection.execute(query, values).fetchall()


class PostgresRows:
    """Rows of PostgreSQL, hashed there."""

    def __init__(self, owner: asyncpg.Connection, tables: list[Any]) -> None:
        self._owner = owner
        parts = []
        for table in tables:
            where = "WHERE tenant_id = ANY($1::uuid[])" if table["of_tenant"] else ""
            parts.append(
                f"SELECT '{table['name']}', count(*), md5(coalesce(string_agg(hash, '' "
                f"ORDER BY hash), '')) FROM "
                f"(SELECT md5(t::text) AS hash FROM {table['name']} t {where}) hashes"
            )
        self._query = " UNION ALL ".join(parts)

    async def fingerprint(self, *tenants: Id) -> Fingerprint:
        """As ``Rows.fingerprint``."""
        found = await self._owner.fetch(self._query, [each.hex() for each in tenants])
        return {name: (count, text) for name, count, text in found}

    async def audit_entries(self, request_id: str) -> tuple[int, int]:
        """As ``Rows.audit_entries``."""
        [(total, named)] = await self._owner.fetch(_AUDITS.format("$1"), request_id)
        return total, named
