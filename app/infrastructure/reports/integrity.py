"""The invariants of books and stock, each as one SQL statement that finds what breaks it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, Table, and_, func, literal, select, union_all

from app.application.reports.views import IntegrityCheck, IntegrityView
from app.domain.accounting.entries import DocumentKind
from app.domain.inventory.moves import SourceKind
from app.infrastructure.accounting.tables import (
    allocations,
    journal_entries,
    journal_lines,
    open_items,
    payments,
)
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query, of_tenant, total
from app.infrastructure.db.types import Integer, Text
from app.infrastructure.inventory.tables import (
    adjustments,
    cost_layers,
    cost_pools,
    stock_levels,
    stock_moves,
    valuations,
)
from app.infrastructure.purchasing.tables import bills, receipts, supplier_returns
from app.infrastructure.sales.tables import returns, sales

# Each statement answers (id, second key or text, left side, right side) of the rows that differ.
_unbalanced = (
    select(
        journal_lines.c.entry_id.label("a"),
        func.min(journal_lines.c.effective_on).label("b"),
        total(journal_lines.c.amount).label("left"),
        literal(0, Integer).label("right"),
    )
    .where(*of_tenant(journal_lines))
    .group_by(journal_lines.c.entry_id)
    .having(total(journal_lines.c.amount) != 0)
)

_headless = (
    select(
        journal_entries.c.id,
        journal_entries.c.effective_on,
        func.count(journal_lines.c.line),
        literal(2, Integer),
    )
    .select_from(
        journal_entries.outerjoin(
            journal_lines,
            and_(
                journal_lines.c.tenant_id == journal_entries.c.tenant_id,
                journal_lines.c.entry_id == journal_entries.c.id,
            ),
        )
    )
    .where(*of_tenant(journal_entries))
    .group_by(journal_entries.c.id, journal_entries.c.effective_on)
    .having(func.count(journal_lines.c.line) < literal(2, Integer))
)

_counted = union_all(
    select(
        stock_levels.c.product_id,
        stock_levels.c.location_id,
        stock_levels.c.on_hand.label("level"),
        literal(0, Integer).label("moved"),
    ).where(*of_tenant(stock_levels)),
    select(
        stock_moves.c.product_id,
        stock_moves.c.location_id,
        literal(0, Integer),
        stock_moves.c.quantity,
    ).where(*of_tenant(stock_moves)),
).subquery()
_levels = (
    select(
        _counted.c.product_id,
        _counted.c.location_id,
        total(_counted.c.level),
        total(_counted.c.moved),
    )
    .group_by(_counted.c.product_id, _counted.c.location_id)
    .having(total(_counted.c.level) != total(_counted.c.moved))
)


def _pools(column: str) -> Select[Any]:
    both = union_all(
        select(
            cost_pools.c.product_id,
            cost_pools.c[column].label("pool"),
            literal(0, Integer).label("entries"),
        ).where(*of_tenant(cost_pools)),
        select(valuations.c.product_id, literal(0, Integer), valuations.c[column]).where(
            *of_tenant(valuations)
        ),
    ).subquery()
    return (
        select(both.c.product_id, literal(column), total(both.c.pool), total(both.c.entries))
        .group_by(both.c.product_id)
        .having(total(both.c.pool) != total(both.c.entries))
    )


_layered = union_all(
    select(
        cost_pools.c.product_id,
        cost_pools.c.value.label("pool"),
        literal(0, Integer).label("layers"),
    ).where(*of_tenant(cost_pools), cost_pools.c.method == "fifo"),
    select(cost_layers.c.product_id, literal(0, Integer), cost_layers.c.value).where(
        *of_tenant(cost_layers), cost_layers.c.is_open
    ),
).subquery()
_layers = (
    select(
        _layered.c.product_id, literal("value"), total(_layered.c.pool), total(_layered.c.layers)
    )
    .group_by(_layered.c.product_id)
    .having(total(_layered.c.pool) != total(_layered.c.layers))
)

_settled_facts = union_all(
    select(
        open_items.c.document_id,
        open_items.c.settled.label("settled"),
        literal(0, Integer).label("allocated"),
    ).where(*of_tenant(open_items)),
    select(allocations.c.debit_id, literal(0, Integer), allocations.c.amount).where(
        *of_tenant(allocations)
    ),
    select(allocations.c.credit_id, literal(0, Integer), -allocations.c.amount).where(
        *of_tenant(allocations)
    ),
).subquery()
_settled = (
    select(
        _settled_facts.c.document_id,
        literal("settled"),
        total(_settled_facts.c.settled),
        total(_settled_facts.c.allocated),
    )
    .group_by(_settled_facts.c.document_id)
    .having(total(_settled_facts.c.settled) != total(_settled_facts.c.allocated))
)


def _orphans(facts: Table, documents: dict[str, Table]) -> Select[Any]:
    """Facts whose source is gone: none of ``documents`` has its kind and id."""
    there = _documents(documents).subquery()
    same = and_(there.c.kind == facts.c.source_kind, there.c.id == facts.c.source_id)
    return (
        select(facts.c.id, facts.c.source_id, facts.c.source_kind, literal("none", Text))
        .select_from(facts.outerjoin(there, same))
        .where(*of_tenant(facts), there.c.id.is_(None))
    )


def _documents(tables: dict[str, Table]) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(literal(str(kind), Text).label("kind"), table.c.id).where(*of_tenant(table))
            for kind, table in tables.items()
        )
    )


_POSTING: dict[str, Table] = {
    DocumentKind.JOURNAL: journal_entries,  # an entry made by hand is its own document
    DocumentKind.SALE: sales,
    DocumentKind.RETURN: returns,
    DocumentKind.RECEIPT: receipts,
    DocumentKind.SUPPLIER_RETURN: supplier_returns,
    DocumentKind.BILL: bills,
    DocumentKind.PAYMENT: payments,
    DocumentKind.ADJUSTMENT: adjustments,
}
_MOVING: dict[str, Table] = {
    SourceKind.RECEIPT: receipts,
    SourceKind.SUPPLIER_RETURN: supplier_returns,
    SourceKind.SALE: sales,
    SourceKind.SALE_RETURN: returns,
    SourceKind.ADJUSTMENT: adjustments,
}

INVARIANTS: dict[str, Select[Any]] = {
    "entries_balance": _unbalanced,
    "entries_have_lines": _headless,
    "levels_are_moves": _levels,
    "pool_quantity_is_valuations": _pools("quantity"),
    "pool_value_is_valuations": _pools("value"),
    "layers_are_fifo_pools": _layers,
    "settled_is_allocations": _settled,
    "entries_have_documents": _orphans(journal_entries, _POSTING),
    "moves_have_documents": _orphans(stock_moves, _MOVING),
}


def _queries() -> dict[str, tuple[Query, Query]]:
    found = {}
    for name, statement in INVARIANTS.items():
        rows = statement.subquery()
        count = Query(select(func.count()).select_from(rows))
        found[name] = (count, Query(statement.limit(1)))
    return found


_QUERIES = _queries()


async def integrity(database: Database, tenant_id: bytes) -> IntegrityView:
    """See ``Reports.integrity``."""
    checks: list[IntegrityCheck] = []
    async with database.read(tenant_id) as scope:
        for name, (count, first) in _QUERIES.items():
            counted = await scope.row(count)
            broken = 0 if counted is None else counted[0]
            row = await scope.row(first) if broken else None
            checks.append({"name": name, "broken": broken, "first": _named(row)})
    return {"ok": not any(check["broken"] for check in checks), "checks": checks}


def _named(row: Sequence[Any] | None) -> dict[str, str] | None:
    if row is None:
        return None
    id_, second, left, right = row
    text = second.hex() if isinstance(second, bytes) else str(second)
    return {"id": id_.hex(), "of": text, "found": str(left), "expected": str(right)}
