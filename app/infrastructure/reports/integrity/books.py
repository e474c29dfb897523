"""Invariants of the ledger, of what is owed, and of closed months."""

from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select, union_all

from app.domain.shared.documents import DocumentKind
from app.infrastructure.accounting.tables import (
    allocation_documents,
    allocations,
    books,
    day_balances,
    journal_entries,
    journal_lines,
    ledger_checkpoints,
    open_items,
    payments,
    periods,
)
from app.infrastructure.db.query import of_tenant, total
from app.infrastructure.db.types import Integer
from app.infrastructure.inventory.tables import stock_moves
from app.infrastructure.purchasing.tables import bills, supplier_returns
from app.infrastructure.reports.integrity.recent import (
    ACCOUNT_DAYS,
    DOCUMENTS,
    ENTRIES,
    OPEN_ITEMS,
    recorded,
    touching,
)
from app.infrastructure.reports.integrity.shapes import (
    TABLES,
    MonthOf,
    Statement,
    TenderedOnAccount,
    differing,
    fact,
    pairs_of,
    text,
)
from app.infrastructure.sales.tables import returns, sales

_unbalanced = touching(
    select(
        journal_lines.c.entry_id,
        func.min(journal_lines.c.effective_on),
        total(journal_lines.c.amount),
        literal(0, Integer),
    )
    .where(*of_tenant(journal_lines))
    .group_by(journal_lines.c.entry_id)
    .having(total(journal_lines.c.amount) != 0),
    ENTRIES,
)

_headless = touching(
    select(
        journal_entries.c.id,
        journal_entries.c.effective_on,
        func.count(journal_lines.c.line),
        literal(2, Integer),
    )
    .select_from(
        journal_entries.outerjoin(
            journal_lines, pairs_of(journal_lines, journal_entries, ("entry_id", "id"))
        )
    )
    .where(*of_tenant(journal_entries))
    .group_by(journal_entries.c.id, journal_entries.c.effective_on)
    .having(func.count(journal_lines.c.line) < literal(2, Integer)),
    ENTRIES,
)

_dated_apart = touching(
    select(
        journal_lines.c.entry_id,
        journal_lines.c.line,
        journal_lines.c.effective_on,
        journal_entries.c.effective_on,
    )
    .select_from(
        journal_lines.join(
            journal_entries, pairs_of(journal_lines, journal_entries, ("entry_id", "id"))
        )
    )
    .where(
        *of_tenant(journal_lines),
        or_(
            journal_lines.c.effective_on != journal_entries.c.effective_on,
            journal_lines.c.recorded_at != journal_entries.c.recorded_at,
        ),
    ),
    ENTRIES,
)


def _without_entry(kind: DocumentKind) -> Select[Any]:
    """Documents of a kind whose entry is gone, is another's, or stands on another day."""
    table = TABLES[kind]
    if kind == DocumentKind("payment"):  # always posts, and so keeps no reference
        same = and_(
            pairs_of(table, journal_entries, ("id", "source_id")),
            journal_entries.c.source_kind == str(kind),
        )
        posts = table.c.amount != 0
    else:
        same = pairs_of(table, journal_entries, ("entry_id", "id"))
        posts = table.c.entry_id.is_not(None)
    day = journal_entries.c.effective_on
    what = case(
        (journal_entries.c.id.is_(None), text("no entry")),
        (journal_entries.c.source_id != table.c.id, text("the entry of another document")),
        else_=text("an entry of another day"),
    )
    wrong = or_(
        journal_entries.c.id.is_(None),
        journal_entries.c.source_id != table.c.id,
        day != table.c.effective_on,
    )
    return touching(
        select(table.c.id, text(str(kind)), what, text("its entry"))
        .select_from(table.outerjoin(journal_entries, same))
        .where(*of_tenant(table), posts, wrong),
        DOCUMENTS,
    )


_settled = differing(
    fact(open_items.c.document_id, text("settled"), found=open_items.c.settled),
    fact(allocations.c.debit_id, text("settled"), expected=allocations.c.amount),
    fact(allocations.c.credit_id, text("settled"), expected=-allocations.c.amount),
    by=OPEN_ITEMS,
)

_owed = differing(
    fact(open_items.c.document_id, open_items.c.contact_id, found=open_items.c.amount),
    fact(sales.c.id, sales.c.customer_id, expected=TenderedOnAccount(sales.c.tenders)).where(
        sales.c.customer_id.is_not(None)
    ),
    fact(returns.c.id, returns.c.customer_id, expected=-returns.c.total).where(
        returns.c.refund == "on_account", returns.c.customer_id.is_not(None)
    ),
    fact(bills.c.id, bills.c.supplier_id, expected=bills.c.total),
    fact(
        supplier_returns.c.id, supplier_returns.c.supplier_id, expected=-supplier_returns.c.credit
    ),
    fact(payments.c.id, payments.c.contact_id, expected=-payments.c.amount),
    by=OPEN_ITEMS,
)

_settling = union_all(
    *(
        touching(select(table.c.id).where(*of_tenant(table)), DOCUMENTS)
        for table in (payments, returns, allocation_documents)
    )
).subquery()
_unfounded = recorded(
    select(allocations.c.id, allocations.c.document_id, text("no document"), text("its document"))
    .select_from(allocations.outerjoin(_settling, _settling.c.id == allocations.c.document_id))
    .where(*of_tenant(allocations), _settling.c.id.is_(None)),
    allocations,
)


_folded = differing(
    fact(day_balances.c.account_id, day_balances.c.effective_on, found=day_balances.c.amount),
    fact(
        journal_lines.c.account_id, journal_lines.c.effective_on, expected=journal_lines.c.amount
    ).where(
        journal_lines.c.recorded_at
        <= select(ledger_checkpoints.c.recorded_to)
        .where(*of_tenant(ledger_checkpoints))
        .scalar_subquery()
    ),
    by=ACCOUNT_DAYS,
)


def _late(table: Any) -> Select[Any]:
    """Facts of a closed month that were recorded after it closed, or while it had no row.

    A closing reads the clock when it holds the month, so after the postings that it waited for.
    """
    month = pairs_of(periods, table)
    closed = or_(
        table.c.recorded_at > periods.c.closed_at,
        and_(
            table.c.effective_on <= books.c.closed_through,
            or_(periods.c.starts_on.is_(None), periods.c.status == "open"),
        ),
    )
    in_month = and_(month, periods.c.starts_on == MonthOf(table.c.effective_on))
    return recorded(
        select(
            table.c.id, text(table.name), table.c.recorded_at, periods.c.closed_at.label("closed")
        )
        .select_from(
            table.join(books, pairs_of(books, table)).outerjoin(periods, in_month),
        )
        .where(*of_tenant(table, books), closed),
        table,
    )


INVARIANTS: dict[str, Statement] = {
    "entries_balance": _unbalanced,
    "entries_have_lines": _headless,
    "lines_are_dated_as_entries": _dated_apart,
    "documents_have_entries": union_all(*map(_without_entry, TABLES)),
    "day_balances_are_lines": _folded,
    "settled_is_allocations": _settled,
    "open_items_are_documents": _owed,
    "allocations_have_documents": _unfounded,
    "closed_months_are_final": union_all(
        *map(_late, (journal_entries, stock_moves, allocation_documents))
    ),
}
