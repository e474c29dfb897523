"""Fingerprints of the rows in the database, to prove that nothing changed, or only once."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any, Protocol

import asyncpg

from app.domain.shared.ids import Id
from app.infrastructure.db.schema import driver_url

Fingerprint = dict[str, tuple[int, str]]

_TABLES = """
SELECT c.oid::regclass::text AS name, ARRAY (
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'platform')
"""
_MEMBERSHIPS = "platform.memberships"
_AUDITS = "SELECT count(*), count(*) FILTER (WHERE request_id = {}) FROM audit_entries"


class Rows(Protocol):
    """The rows of a database, seen by its owner."""

    async def fingerprint(self, *tenants: Id) -> Fingerprint:
        """Number and hash of the rows of every table; of tenants' tables those of ``tenants``."""
        ...

    async def fingerprint_of(self, tenant: Id) -> Fingerprint:
        """The same of one company alone: of its members and of itself in every table, too."""
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


def _own_rows(table: str, columns: Sequence[str], chosen: str, memberships: str) -> str:
    """The condition on the rows of a table that belong to the tenants that are ``chosen``."""
    members = f"IN (SELECT user_id FROM {memberships} WHERE tenant_id {chosen})"
    if "tenant_id" in columns:
        return f"tenant_id {chosen}"
    if "user_id" in columns:
        return f"user_id {members}"
    return {"tenants": f"id {chosen}", "users": f"id {members}"}.get(table, "1 = 0")


class SqliteRows:
    """Rows of SQLite, hashed here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        self._columns = {
            table: [each[1] for each in self._all(f"PRAGMA table_info({table})")]
            for (table,) in self._all(query)
        }

    async def fingerprint(self, *tenants: Id) -> Fingerprint:
        """As ``Rows.fingerprint``."""
        chosen = f"IN ({', '.join('?' * len(tenants))})"
        return self._hashes(
            {
                table: f"tenant_id {chosen}" if "tenant_id" in columns else "1 = 1"
                for table, columns in self._columns.items()
            },
            tenants,
        )

    async def fingerprint_of(self, tenant: Id) -> Fingerprint:
        """As ``Rows.fingerprint_of``."""
        return self._hashes(
            {
                table: _own_rows(table, columns, "= ?", "memberships")
                for table, columns in self._columns.items()
            },
            (tenant,),
        )

    def _hashes(self, conditions: dict[str, str], tenants: tuple[Id, ...]) -> Fingerprint:
        found: Fingerprint = {}
        for table, condition in conditions.items():
            values = tenants if "?" in condition else ()
            rows = self._all(f"SELECT * FROM {table} WHERE {condition}", *values)
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
        chosen = "= ANY($1::uuid[])"
        columns = {each["name"]: each["columns"] for each in tables}
        self._query = _hashes(
            {
                name: f"tenant_id {chosen}" if "tenant_id" in names else "TRUE"
                for name, names in columns.items()
            }
        )
        self._query_of_one = _hashes(
            {
                name: _own_rows(name.removeprefix("platform."), names, chosen, _MEMBERSHIPS)
                for name, names in columns.items()
            }
        )

    async def fingerprint(self, *tenants: Id) -> Fingerprint:
        """As ``Rows.fingerprint``."""
        found = await self._owner.fetch(self._query, [each.hex() for each in tenants])
        return {name: (count, text) for name, count, text in found}

    async def fingerprint_of(self, tenant: Id) -> Fingerprint:
        """As ``Rows.fingerprint_of``."""
        found = await self._owner.fetch(self._query_of_one, [tenant.hex()])
        return {name: (count, text) for name, count, text in found}

    async def audit_entries(self, request_id: str) -> tuple[int, int]:
        """As ``Rows.audit_entries``."""
        [(total, named)] = await self._owner.fetch(_AUDITS.format("$1"), request_id)
        return total, named


def _hashes(conditions: dict[str, str]) -> str:
    """One statement for the number and the hash of the rows that meet the condition of a table."""
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(coalesce(string_agg(hash, '' ORDER BY hash), '')) "
        f"FROM (SELECT md5(t::text) AS hash FROM {table} t WHERE {condition}) hashes"
        for table, condition in conditions.items()
    )
