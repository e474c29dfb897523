"""Executes the steps of a command on an SQLite connection."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from app.application.shared.group import Read, Write
from app.application.shared.kinds import Finder
from app.infrastructure.db.changes import BatchKey, collect
from app.infrastructure.db.errors import Retry
from app.infrastructure.db.mapping import Registry, Row
from app.infrastructure.db.reading import Source, sources_in_lock_order, take
from app.infrastructure.db.sqlite_statements import (
    SourceRead,
    insert_statement,
    update_statement,
)

_KEYS_AT_ONCE = 50
_ROWS_AT_ONCE = 20


class Unbalanced(Exception):
    """A row violates a rule that is checked before the commit; the job was rolled back."""


class SqliteSteps:
    """Reads and writes for the unit of work; statements are built once per shape."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._reads: dict[tuple[Source, int], SourceRead] = {}
        self._values: dict[BatchKey, Callable[[Row], Any]] = {}
        self._writes: dict[tuple[BatchKey, int], str] = {}

    def read(self, connection: sqlite3.Connection, tenant_id: bytes, step: Read) -> None:
        """Load what the step needs. Nothing is locked: there is one writer."""
        needs = step.needs
        for source in sources_in_lock_order(needs):
            what, lock = source
            asked = needs.searches[what] if isinstance(what, Finder) else needs.keys[what, lock]
            rows: list[Any] = []
            children: list[list[Any]] = [[] for _ in self._registry.mapping_of(what).children]
            for size, part in _parts(list(asked), _KEYS_AT_ONCE):
                read = self._reads.get((source, size))
                if read is None:
                    read = self._reads[source, size] = SourceRead(source, self._registry, size)
                values = (tenant_id, *chain.from_iterable(part))
                found = connection.execute(read.sql, values).fetchall()
                rows.extend(converted(found, read.readers))
                for place, (sql, readers) in enumerate(read.children if found else ()):
                    child_rows = connection.execute(sql, values).fetchall()
                    children[place].extend(converted(child_rows, readers))
            take(step.loaded, needs, source, self._registry, rows, children)

    def write(self, connection: sqlite3.Connection, tenant_id: bytes, step: Write) -> None:
        """Write what the step changed.

        Raises:
            Retry: a row to be updated no longer exists or has another version.
            Unbalanced: an inserted row breaks a rule of ``Registry.sqlite_checks``.
        """
        batches = collect(step.loaded, self._registry, tenant_id, step.now).in_order()
        for batch, rows in batches:
            values_of = self._values.get(batch)
            if values_of is None:
                values_of = self._values[batch] = itemgetter(*batch[2])
            values = list(map(values_of, rows))
            if batch[1] == "insert":
                self._insert(connection, batch, values)
            else:
                cursor = connection.executemany(self._statement(batch, 1), values)
                if cursor.rowcount != len(rows):
                    raise Retry(f"update {batch[0].name}")
        for (table, operation, _), rows in batches:
            rule = self._registry.sqlite_checks.get(table)
            if rule is None or operation != "insert":
                continue
            ids = [row["id"] for row in rows]
            between = {"tenant_id": tenant_id, "first": min(ids), "last": max(ids)}
            if connection.execute(rule, between).fetchone() is not None:
                raise Unbalanced(table.name)

    def _insert(
        self, connection: sqlite3.Connection, batch: BatchKey, values: list[Sequence[Any]]
    ) -> None:
        whole = len(values) - len(values) % _ROWS_AT_ONCE
        for start in range(0, whole, _ROWS_AT_ONCE):
            together = chain.from_iterable(values[start : start + _ROWS_AT_ONCE])
            connection.execute(self._statement(batch, _ROWS_AT_ONCE), list(together))
        if whole < len(values):
            connection.executemany(self._statement(batch, 1), values[whole:])

    def _statement(self, batch: BatchKey, rows: int) -> str:
        sql = self._writes.get((batch, rows))
        if sql is None:
            sql = insert_statement(batch, rows) if batch[1] == "insert" else update_statement(batch)
            self._writes[batch, rows] = sql
        return sql


def _parts(keys: list[Any], size: int) -> Iterable[tuple[int, list[Any]]]:
    """``keys`` in chunks of ``size``, the rest one by one: two statements serve any number."""
    whole = len(keys) - len(keys) % size
    for start in range(0, whole, size):
        yield size, keys[start : start + size]
    for key in keys[whole:]:
        yield 1, [key]


def converted(rows: list[Any], readers: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    """Rows with SQLite values converted to Python values; None stays None."""
    if not readers:
        return rows
    result = []
    for row in rows:
        values = list(row)
        for place, reader in readers:
            if values[place] is not None:
                values[place] = reader(values[place])
        result.append(tuple(values))
    return result
