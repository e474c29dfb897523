"""Bulk inserts that bypass the service: millions of rows in minutes, from its own mappings."""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from operator import itemgetter
from typing import Any

import asyncpg
import orjson

from app.infrastructure.db.changes import BatchKey
from app.infrastructure.db.mapping import Row
from app.infrastructure.db.schema import driver_url
from app.infrastructure.db.sqlite_statements import insert_statement
from app.infrastructure.db.types import register_sqlite_adapters

Rows = list[tuple[BatchKey, list[Row]]]


async def load_rows(url: str, parts: Iterable[Rows], before: Sequence[str] = ()) -> None:
    """Write ``parts`` after the statements of ``before``, with triggers and references off.

    On SQLite nothing else may write at the same time.
    """
    if url.startswith("sqlite"):
        await asyncio.to_thread(_on_sqlite, url.split("///", 1)[1], parts, before)
    else:
        await _on_postgres(url, parts, before)


async def _on_postgres(url: str, parts: Iterable[Rows], before: Sequence[str]) -> None:
    connection = await asyncpg.connect(driver_url(url))
    try:
        await connection.set_type_codec(
            "uuid", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
        )
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_jsonb, decoder=bytes, format="binary"
        )
        await connection.execute("SET session_replication_role = replica")
        for statement in before:
            await connection.execute(statement)
        for batches in parts:
            for (table, _, columns), rows in batches:
                records = [tuple(row[name] for name in columns) for row in rows]
                await connection.copy_records_to_table(table.name, records=records, columns=columns)
        await connection.execute("RESET session_replication_role")
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _jsonb(value: Any) -> bytes:
    return b"\x01" + orjson.dumps(value)


def _on_sqlite(path: str, parts: Iterable[Rows], before: Sequence[str]) -> None:
    register_sqlite_adapters()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-1048576"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in before:
            connection.execute(statement)
        for batches in parts:
            connection.execute("BEGIN")
            for batch, rows in batches:
                values = map(itemgetter(*batch[2]), rows)
                connection.executemany(insert_statement(batch, 1), values)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
