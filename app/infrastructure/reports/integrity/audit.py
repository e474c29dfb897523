"""Every invariant by its name, and the audit that runs them all on one snapshot."""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import func, select

from app.application.reports.views import IntegrityCheck, IntegrityView
from app.infrastructure.db.port import Snapshots
from app.infrastructure.db.query import Query
from app.infrastructure.reports.integrity import books, documents, kernel, stock
from app.infrastructure.reports.integrity.shapes import Statement

INVARIANTS: dict[str, Statement] = {
    **books.INVARIANTS,
    **stock.INVARIANTS,
    **documents.INVARIANTS,
    **kernel.INVARIANTS,
}


def _query(statement: Statement) -> Query:
    """The first row that breaks an invariant, and how many do."""
    rows = statement.subquery()
    return Query(select(*rows.c, func.count().over()).limit(1))


@cache
def _queries() -> dict[str, Query]:
    """Made by the first audit: they would take two thirds of a second of every start."""
    return {name: _query(statement) for name, statement in INVARIANTS.items()}


async def integrity(snapshots: Snapshots, tenant_id: bytes) -> IntegrityView:
    """See ``Reports.integrity``."""
    checks: list[IntegrityCheck] = []
    queries = await asyncio.to_thread(_queries)
    async with snapshots.read(tenant_id) as scope:
        for name, query in queries.items():
            row = await scope.row(query)
            broken = 0 if row is None else row[4]
            checks.append({"name": name, "broken": broken, "first": _named(row)})
    return {"ok": not any(check["broken"] for check in checks), "checks": checks}


def _named(row: Sequence[Any] | None) -> dict[str, str] | None:
    if row is None:
        return None
    id_, second, left, right, _ = row
    text = second.hex() if isinstance(second, bytes) else str(second)
    return {"id": id_.hex(), "of": text, "found": str(left), "expected": str(right)}
