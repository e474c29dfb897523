"""Every invariant by its name, and the audit that runs them all on one snapshot."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import func, select

from app.application.reports.views import IntegrityCheck, IntegrityView
from app.application.shared.wording import instant
from app.infrastructure.db.port import Snapshots
from app.infrastructure.db.query import Query
from app.infrastructure.reports.folding import LAG
from app.infrastructure.reports.integrity import books, documents, kernel, stock
from app.infrastructure.reports.integrity.recent import bounds, narrowed
from app.infrastructure.reports.integrity.shapes import DatabaseClock, Statement

INVARIANTS: dict[str, Statement] = {
    **books.INVARIANTS,
    **stock.INVARIANTS,
    **documents.INVARIANTS,
    **kernel.INVARIANTS,
}

# What an incremental audit checks as a whole: a gap can be anywhere in a series, and the second
# answer to a key beside any first one.
WHOLE = frozenset({"numbers_have_no_gap", "one_effect_per_key"})

_NOW = Query(select(DatabaseClock()))


def statement_of(name: str, *, incremental: bool, tenant: bool | None = None) -> Query:
    """The first row that breaks an invariant, and how many do.

    First by what the row says, not as the plan happens to find it: an audit asked twice names the
    same row. The incremental statement takes ``bounds``. For ``tenant`` see ``Query``.
    """
    statement = INVARIANTS[name]
    rows = (narrowed(statement) if incremental else statement).subquery()
    return Query(select(*rows.c, func.count().over()).order_by(*rows.c).limit(1), tenant=tenant)


@cache
def _queries(*, incremental: bool) -> dict[str, Query]:
    """Made by the first audit: they would take two thirds of a second of every start."""
    return {
        name: statement_of(name, incremental=incremental, tenant=True if incremental else None)
        for name in INVARIANTS
    }


async def integrity(
    snapshots: Snapshots, tenant_id: bytes, recorded_from: datetime | None = None
) -> IntegrityView:
    """See ``Reports.integrity``.

    ``recorded_to`` lies before the snapshot by more than a transaction lives and clocks differ, as
    the checkpoint of the ledger does: whatever is not in the snapshot is recorded after it.
    """
    checks: list[IntegrityCheck] = []
    queries = await asyncio.to_thread(_queries, incremental=recorded_from is not None)
    values = {} if recorded_from is None else bounds(recorded_from)
    async with snapshots.read(tenant_id) as scope:
        [(now,)] = await scope.rows(_NOW)
        for name, query in queries.items():
            row = await scope.row(query, **values)
            broken = 0 if row is None else row[4]
            checks.append({"name": name, "broken": broken, "first": _named(row)})
    return {
        "recorded_from": None if recorded_from is None else instant(recorded_from),
        "recorded_to": instant(now - LAG),
        "ok": not any(check["broken"] for check in checks),
        "checks": checks,
    }


def _named(row: Sequence[Any] | None) -> dict[str, str] | None:
    if row is None:
        return None
    id_, second, left, right, _ = row
    text = second.hex() if isinstance(second, bytes) else str(second)
    return {"id": id_.hex(), "of": text, "found": str(left), "expected": str(right)}
