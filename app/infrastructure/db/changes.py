"""From changed aggregates to the rows to write: one batch per table, operation and column set."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from app.application.shared.work import Loaded
from app.infrastructure.db.mapping import Registry, Row, TableRow
from app.infrastructure.db.metadata import metadata

BatchKey = tuple[Table, str, tuple[str, ...]]


class _Shape:
    """Cached facts about a table that the unit of work needs repeatedly."""

    __slots__ = ("key", "recorded", "tenant")

    def __init__(self, table: Table) -> None:
        self.key = tuple(str(each.name) for each in table.primary_key.columns)
        self.tenant: bool = table.info["tenant"]
        self.recorded = "recorded_at" in table.c


_shapes: dict[Table, _Shape] = {}
_order: dict[Table, int] = {}  # parents first; sorting takes a millisecond


def _shape(table: Table) -> _Shape:
    shape = _shapes.get(table)
    if shape is None:
        shape = _shapes[table] = _Shape(table)
    return shape


def key_columns(table: Table) -> tuple[str, ...]:
    """The primary key of a table, by name."""
    return _shape(table).key


@dataclass(slots=True)
class Changes:
    """Rows of one tenant to insert and to update. A row is written at most once.

    The rows handed in belong to this object and are completed in place.
    """

    tenant_id: bytes
    now: datetime
    batches: dict[BatchKey, list[Row]] = field(default_factory=dict)

    def insert(self, table: Table, row: Row) -> None:
        """Record a new row; sets ``recorded_at`` if the table has it."""
        shape = _shape(table)
        if shape.tenant and "tenant_id" not in row:
            row["tenant_id"] = self.tenant_id
        if shape.recorded and "recorded_at" not in row:
            row["recorded_at"] = self.now
        self._add((table, "insert", tuple(row)), row)

    def update(self, table: Table, row: Row, before: Row) -> None:
        """Record the new state of a row that was loaded as ``before``."""
        if _shape(table).tenant and "tenant_id" not in row:
            row["tenant_id"] = self.tenant_id
        if "version" in row:
            row["expected_version"] = before["version"]
        self._add((table, "update", tuple(row)), row)

    def _add(self, batch: BatchKey, row: Row) -> None:
        rows = self.batches.get(batch)
        if rows is None:
            self.batches[batch] = [row]
        else:
            rows.append(row)

    def in_order(self) -> list[tuple[BatchKey, list[Row]]]:
        """The batches in one fixed order: inserts parents first, then updates."""
        if not _order:
            _order.update((table, place) for place, table in enumerate(metadata.sorted_tables))
        order = _order
        return sorted(
            self.batches.items(), key=lambda item: (item[0][1], order[item[0][0]], item[0][2])
        )


def collect(loaded: Loaded, registry: Registry, tenant_id: bytes, now: datetime) -> Changes:
    """Everything that the accepted commands changed, as rows of this tenant.

    Every new row of a table with ``recorded_at`` gets ``now``, the database's clock, unless its
    aggregate took the same instant from its work.
    """
    changes = Changes(tenant_id, now)
    for kind, changed in loaded.changed.items():
        mapping = registry.mappings[kind]
        originals = loaded.originals.get(kind, {})
        for key, aggregate in changed.items():
            after = mapping.dump(aggregate)
            before = originals.get(key)
            if before is None:
                for table, row in after:
                    changes.insert(table, row)
            else:
                _compare(changes, list(mapping.dump(before)), list(after))
    return changes


def _compare(changes: Changes, before: list[TableRow], after: list[TableRow]) -> None:
    if len(before) == len(after) == 1:  # an aggregate of one row, as most are
        [(_, old)], [(table, row)] = before, after
        if old != row:
            changes.update(table, row, old)
        return
    known = {_identity(table, row): row for table, row in before}
    for table, row in after:
        found = known.get(_identity(table, row))
        if found is None:
            changes.insert(table, row)
        elif found != row:
            changes.update(table, row, found)


def _identity(table: Table, row: Row) -> tuple[Any, ...]:
    return (table, *(row[name] for name in key_columns(table) if name != "tenant_id"))
