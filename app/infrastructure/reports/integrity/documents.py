"""Invariants of documents: their lines, what became of them, and their facts."""

from typing import Any

from sqlalchemy import Select, Table, and_, literal, select, union_all

from app.infrastructure.accounting.tables import journal_entries
from app.infrastructure.db.query import of_tenant
from app.infrastructure.db.types import Integer, Text
from app.infrastructure.inventory.tables import stock_moves
from app.infrastructure.purchasing.tables import (
    bill_lines,
    billed_lines,
    receipt_lines,
    receipt_progress,
    supplier_return_lines,
    supplier_returns,
)
from app.infrastructure.reports.integrity.recent import (
    DOCUMENTS,
    RECEIPTS,
    SALES,
    recorded,
    touching,
)
from app.infrastructure.reports.integrity.shapes import (
    PartsTotal,
    Statement,
    Tendered,
    differing,
    fact,
    pairs_of,
    text,
)
from app.infrastructure.sales.tables import (
    return_lines,
    returned_so_far,
    sale_lines,
    sales,
)
from app.infrastructure.stored import documents


def _orphans(facts: Table, documents: dict[str, Table]) -> Select[Any]:
    """Facts whose source is gone: none of ``documents`` has its kind and id."""
    there = union_all(
        *(
            touching(
                select(table.c.id, literal(str(kind), Text).label("kind")).where(*of_tenant(table)),
                DOCUMENTS,
            )
            for kind, table in documents.items()
        )
    ).subquery()
    same = and_(there.c.kind == facts.c.source_kind, there.c.id == facts.c.source_id)
    return recorded(
        select(facts.c.id, facts.c.source_id, facts.c.source_kind, literal("none", Text))
        .select_from(facts.outerjoin(there, same))
        .where(*of_tenant(facts), there.c.id.is_(None)),
        facts,
    )


_POSTING = {kind: each.table for each in documents() for kind in each.document.kinds}
_MOVING = {
    kind: each.table for each in documents() if each.of_goods for kind in each.document.kinds
}


def _sums() -> Select[Any]:
    facts = [
        fact(supplier_returns.c.id, text("credit"), found=supplier_returns.c.credit),
        fact(
            supplier_return_lines.c.return_id,
            text("credit"),
            expected=supplier_return_lines.c.net + supplier_return_lines.c.tax,
        ),
    ]
    for each in documents():
        for name, of_lines, parent in each.sums():
            facts.append(fact(each.table.c.id, text(name), found=each.table.c[name]))
            facts.append(fact(parent, text(name), expected=of_lines))
    return differing(*facts, by=DOCUMENTS)


_tendered = differing(
    fact(sales.c.id, text("tenders"), found=sales.c.total, expected=Tendered(sales.c.tenders)),
    by=DOCUMENTS,
)


def _returned(found: Any, expected: Any) -> Select[Any]:
    """What a sale line knows of one figure of its returns, against the returns themselves."""
    return differing(
        fact(returned_so_far.c.sale_id, returned_so_far.c.line, found=found),
        fact(return_lines.c.sale_id, return_lines.c.sale_line, expected=expected).where(
            return_lines.c.sale_id.is_not(None)
        ),
        by=SALES,
    )


_returned_more = touching(
    select(
        returned_so_far.c.sale_id,
        returned_so_far.c.line,
        returned_so_far.c.quantity,
        sale_lines.c.quantity,
    )
    .select_from(
        returned_so_far.join(
            sale_lines,
            pairs_of(returned_so_far, sale_lines, ("sale_id", "sale_id"), ("line", "line")),
        )
    )
    .where(*of_tenant(returned_so_far), returned_so_far.c.quantity > sale_lines.c.quantity),
    SALES,
)


def _sent_back(column: str) -> Select[Any]:
    """A figure of supplier returns by the receipt line that they name."""
    lines = supplier_return_lines
    joined = lines.join(supplier_returns, pairs_of(lines, supplier_returns, ("return_id", "id")))
    return (
        select(
            supplier_returns.c.receipt_id.label("id"),
            lines.c.receipt_line.label("of"),
            literal(0, Integer).label("found"),
            lines.c[column].label("expected"),
        )
        .select_from(joined)
        .where(*of_tenant(lines))
    )


_progress = receipt_progress.c
_progress_of = (_progress.receipt_id, _progress.line)
_bill_line_of = (bill_lines.c.receipt_id, bill_lines.c.receipt_line)
_progressed = union_all(
    differing(
        fact(*_progress_of, found=_progress.billed_quantity),
        fact(*_bill_line_of, expected=bill_lines.c.quantity),
        by=RECEIPTS,
    ),
    differing(
        fact(*_progress_of, found=_progress.billed_value),
        fact(*_bill_line_of, expected=bill_lines.c.received_value),
        by=RECEIPTS,
    ),
    differing(
        fact(*_progress_of, found=_progress.returned_quantity + _progress.credited_quantity),
        _sent_back("quantity"),
        by=RECEIPTS,
    ),
    differing(
        fact(*_progress_of, found=_progress.returned_value),
        _sent_back("received_value"),
        by=RECEIPTS,
    ),
)

_billed = billed_lines.c
_credited = union_all(
    differing(
        fact(_billed.receipt_id, _billed.receipt_line, found=_billed.credited_quantity),
        fact(*_progress_of, expected=_progress.credited_quantity),
        by=RECEIPTS,
    ),
    differing(
        fact(_billed.bill_id, _billed.bill_line, found=_billed.quantity),
        fact(bill_lines.c.bill_id, bill_lines.c.line, expected=bill_lines.c.quantity),
        by=DOCUMENTS,
    ),
    differing(
        fact(_billed.bill_id, _billed.bill_line, found=_billed.net),
        fact(bill_lines.c.bill_id, bill_lines.c.line, expected=bill_lines.c.net),
        by=DOCUMENTS,
    ),
)


def _exceeded(*columns: str) -> Select[Any]:
    """Receipt lines of which more was billed or sent back than came."""
    used = sum((_progress[name] for name in columns[1:]), _progress[columns[0]])
    return touching(
        select(*_progress_of, used, receipt_lines.c.quantity)
        .select_from(
            receipt_progress.join(
                receipt_lines,
                pairs_of(
                    receipt_progress, receipt_lines, ("receipt_id", "receipt_id"), ("line", "line")
                ),
            )
        )
        .where(*of_tenant(receipt_progress), used > receipt_lines.c.quantity),
        RECEIPTS,
    )


INVARIANTS: dict[str, Statement] = {
    "entries_have_documents": _orphans(journal_entries, _POSTING),
    "moves_have_documents": _orphans(stock_moves, _MOVING),
    "documents_are_lines": _sums(),
    "sales_are_tenders": _tendered,
    "returned_so_far_is_returns": union_all(
        _returned(returned_so_far.c.quantity, return_lines.c.quantity),
        _returned(returned_so_far.c.net, return_lines.c.net),
        _returned(PartsTotal(returned_so_far.c.tax_parts), return_lines.c.tax),
        _returned(returned_so_far.c.cost, return_lines.c.cost),
    ),
    "returns_are_within_sales": _returned_more,
    "receipt_progress_is_documents": _progressed,
    "billed_lines_are_bills": _credited,
    "receipts_are_not_exceeded": union_all(
        _exceeded("billed_quantity", "returned_quantity"),
        _exceeded("returned_quantity", "credited_quantity"),
    ),
}
