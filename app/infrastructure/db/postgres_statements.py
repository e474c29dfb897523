"""The two statements of a command on PostgreSQL, generated from the mappings and cached by shape.

The locking read is one SELECT whose columns are arrays of rows, one per kind. They are evaluated
from left to right, which is the lock order. The write is one statement of data-modifying CTEs, each
with one jsonb parameter, that returns the number of rows touched by each.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from app.application.shared.kinds import Finder, Kind, Lock, Needs
from app.infrastructure.db.changes import BatchKey, key_columns
from app.infrastructure.db.mapping import Children, Registry, Row

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

# Prevents the planner from turning a lateral query into a join: it runs once per key.
_PROBE = "OFFSET 0"


def sql_type(table: Table, name: str) -> str:
    """The PostgreSQL type of a column, without its collation."""
    return str(table.c[name].type.compile(dialect=_DIALECT)).split(" COLLATE ")[0]


class ReadShape:
    """The locking read for one set of kinds, locks and finders."""

    def __init__(
        self,
        sources: Sequence[tuple[Kind[Any] | Finder[Any], Lock]],
        registry: Registry,
        *,
        locking: bool,
    ) -> None:
        self.sources = sources
        parts = ["$1::uuid"]
        place = 2  # $1 is the tenant
        self.widths: list[int] = []
        # The sources that are followed by the versions of their rows in the snapshot.
        self.watched: list[bool] = []
        for source, lock in sources:
            if isinstance(source, Finder):
                search = registry.searches[source]
                mapping, by, where = registry.mappings[source.kind], search.by, search.where
            else:
                mapping = registry.mappings[source]
                by, where = mapping.key, ""
            asked = _Asked(mapping.table, by, place, where, mapping.key)
            held = lock if locking else Lock.NONE
            parts.append(_array(asked, mapping.columns, held))
            parts.extend(_child_array(asked, child) for child in mapping.children)
            watched = bool(mapping.children) and held is not Lock.NONE
            if watched:
                parts.append(_array(asked, ("version",), Lock.NONE))
            self.watched.append(watched)
            place += len(by)
            self.widths.append(len(by))
        # The clock is read last, when all locks are held, so a month is closed after its last
        # posting.
        self.sql = "SELECT " + ",\n".join([*parts, "clock_timestamp()"])

    def arguments(self, tenant_id: bytes, needs: Needs) -> list[Any]:
        """The keys as one array per key column, ascending, so that locks are taken in key order."""
        arguments: list[Any] = [tenant_id]
        for (source, lock), width in zip(self.sources, self.widths, strict=True):
            if isinstance(source, Finder):
                keys = sorted(needs.searches[source])
            else:
                keys = sorted(needs.keys[source, lock])
            arguments.extend([key[column] for key in keys] for column in range(width))
        return arguments


class _Asked(NamedTuple):
    """Rows of one table: those whose ``by`` columns are in the arrays that start at ``place``."""

    table: Table
    by: tuple[str, ...]
    place: int
    where: str
    key: tuple[str, ...]

    @property
    def keys(self) -> str:
        """The keys as rows ``k``, each looked up separately; empty if the only key is an id.

        As a set the keys might be hashed and joined with all rows of the company: the planner
        chooses that while a table is small, and a connection keeps its plans. For an array of ids,
        the cheapest form, it does not.
        """
        if not self.by or (len(self.by) == 1 and self.by == self.key):
            return ""
        arrays = ", ".join(
            f"${self.place + at}::{sql_type(self.table, name)}[]" for at, name in enumerate(self.by)
        )
        return f"unnest({arrays}) AS k({', '.join(self.by)})"

    @property
    def condition(self) -> str:
        """The condition on a row ``t``."""
        terms = ["t.tenant_id = $1"] if self.table.info["tenant"] else []
        if self.keys:
            terms.extend(f"t.{name} = k.{name}" for name in self.by)
        else:
            terms.extend(
                f"t.{name} = ANY(${self.place}::{sql_type(self.table, name)}[])" for name in self.by
            )
        if self.where:
            terms.append(f"({self.where})")
        return " AND ".join(terms) or "TRUE"

    def select(self, what: str, lock: Lock) -> str:
        """The rows in the order of their keys, which is the order of the locks."""
        order = f" ORDER BY {', '.join('t.' + name for name in self.key)}" if self.key else ""
        rows = f"SELECT {what} FROM {self.table.fullname} t WHERE {self.condition}{order}"
        if not self.keys:
            return f"{rows} {lock.value}"
        probe = f"{rows} {_PROBE} {lock.value}"
        return f"SELECT t.* FROM {self.keys} CROSS JOIN LATERAL ({probe}) t"


def _array(asked: _Asked, columns: Sequence[str], lock: Lock) -> str:
    row = f"ROW({', '.join('t.' + name for name in columns)})"
    return f"ARRAY({asked.select(row, lock)})"


def _child_array(asked: _Asked, child: Children) -> str:
    """The children of the rows that the same condition selects, led by the root's key."""
    roots = asked.select(", ".join("t." + name for name in asked.key), Lock.NONE)
    join = " AND ".join(
        f"c.{mine} = t.{theirs}" for mine, theirs in zip(child.by, asked.key, strict=True)
    )
    where = f" AND ({child.where})" if child.where else ""
    columns = ", ".join("c." + name for name in (*child.by, *child.columns))
    order = ", ".join("c." + name for name in (*child.by, *child.order))
    rows = f"SELECT * FROM {child.table.fullname} c WHERE c.tenant_id = $1 AND {join}{where}"
    return (
        f"ARRAY(SELECT ROW({columns}) FROM ({roots}) t "
        f"CROSS JOIN LATERAL ({rows} {_PROBE}) c ORDER BY {order})"
    )


def write_statement(batches: Sequence[BatchKey]) -> str:
    """One statement for all batches; it returns one row with the number of rows touched by each."""
    parts = []
    for place, (table, operation, columns) in enumerate(batches, start=1):
        typed = ", ".join(
            f"{name} {sql_type(table, 'version' if name == 'expected_version' else name)}"
            for name in columns
        )
        source = f"jsonb_to_recordset(${place}::jsonb) AS r({typed})"
        if operation == "insert":
            names = ", ".join(columns)
            body = (
                f"INSERT INTO {table.fullname} ({names}) SELECT {names} FROM {source} RETURNING 1"
            )
        else:
            body = _update(table, columns, source)
        parts.append(f"w{place} AS ({body})")
    counts = ", ".join(f"(SELECT count(*) FROM w{place})" for place in range(1, len(batches) + 1))
    return "WITH " + ",\n".join(parts) + f"\nSELECT {counts}"


def _update(table: Table, columns: Sequence[str], source: str) -> str:
    keys = key_columns(table)
    sets = ", ".join(
        f"{name} = r.{name}" for name in columns if name not in keys and name != "expected_version"
    )
    match = " AND ".join(f"t.{name} = r.{name}" for name in keys)
    if "expected_version" in columns:
        match += " AND t.version = r.expected_version"
    return f"UPDATE {table.fullname} t SET {sets} FROM {source} WHERE {match} RETURNING 1"


def json_rows(rows: Sequence[Row]) -> bytes:
    """Rows as the jsonb parameter of a batch: ids and hashes in hexadecimal, dates in ISO 8601."""
    return b"\x01" + orjson.dumps(rows, default=_json_value)


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes):
        # uuid and bytea both read hexadecimal; a ULID is the only value of 16 bytes.
        return value.hex() if len(value) == 16 else "\\x" + value.hex()
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
