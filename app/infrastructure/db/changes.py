"""From changed aggregates to the rows to write: one batch per table, operation and column set."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from app.application.shared.work import Loaded
from app.infrastructure.db.mapping import Registry, Row, TableRow

BatchKey = tuple[Table, str, tuple[str, ...]]


@dataclass(slots=True)
class Changes:
    """Rows to insert and to update. A row is written at most once."""

    now: datetime
    batches: dict[BatchKey, list[Row]] = field(default_factory=dict)

    def insert(self, table: Table, row: Row) -> None:
        """Record a new row."""
        if "recorded_at" in table.c and "recorded_at" not in row:
            row["recorded_at"] = self.now
        self.batches.setdefault((table, "insert", tuple(row)), []).append(row)

    def update(self, table: Table, row: Row, before: Row) -> None:
        """Record the new state of a row that was loaded as ``before``."""
        if "version" in row:
            row = {**row, "expected_version": before["version"]}
        self.batches.setdefault((table, "update", tuple(row)), []).append(row)

    def in_order(self) -> list[tuple[BatchKey, list[Row]]]:
        """The batches in one fixed order: inserts parents first, then updates."""
        order = {table: place for place, table in enumerate(_parents_first(self.batches))}
        return sorted(
            self.batches.items(), key=lambda item: (item[0][1], order[item[0][0]], item[0][2])
        )


_tables_in_order: list[Table] = []


def _parents_first(batches: Iterable[BatchKey]) -> list[Table]:
    tables = [table for table, _, _ in batches]
    if tables and not _tables_in_order:
        _tables_in_order.extend(tables[0].metadata.sorted_tables)
    return _tables_in_order


def collect(loaded: Loaded, registry: Registry, tenant_id: bytes, now: datetime) -> Changes:
    """Everything that the accepted commands changed, as rows of this tenant.

    A table with ``recorded_at`` gets ``now``, the database's clock, on every new row: the second
    time axis is the kernel's business and no aggregate's.
    """
    changes = Changes(now)
    for kind, keys in loaded.changed.items():
        mapping = registry.mappings[kind]
        originals = loaded.originals.get(kind, {})
        present = loaded.present[kind]
        for key in keys:
            after = present[key]
            before = originals.get(key)
            if before is None:
                for table, row in mapping.dump(after):
                    changes.insert(table, _full(table, row, tenant_id))
            else:
                _compare(changes, tenant_id, mapping.dump(before), mapping.dump(after))
    return changes


def _compare(
    changes: Changes, tenant_id: bytes, before: Iterable[TableRow], after: Iterable[TableRow]
) -> None:
    known = {_identity(table, row): row for table, row in before}
    for table, row in after:
        old = known.get(_identity(table, row))
        full = _full(table, row, tenant_id)
        if old is None:
            changes.insert(table, full)
        elif old != row:
            changes.update(table, full, old)


def _full(table: Table, row: Row, tenant_id: bytes) -> Row:
    return {"tenant_id": tenant_id, **row} if table.info["tenant"] else dict(row)


_key_columns: dict[Table, tuple[str, ...]] = {}


def key_columns(table: Table) -> tuple[str, ...]:
    """The primary key of a table, by name."""
    names = _key_columns.get(table)
    if names is None:
        names = tuple(str(each.name) for each in table.primary_key.columns)
        _key_columns[table] = names
    return names


def _identity(table: Table, row: Row) -> tuple[Any, ...]:
    return (table, *(row[name] for name in key_columns(table) if name != "tenant_id"))
