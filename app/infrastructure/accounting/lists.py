"""The lists of accounting. Documents state no currency of their own: it is that of the books."""

from typing import Any

from sqlalchemy import ColumnElement, Label, Select, bindparam, case, select

from app.application.accounting.ports import (
    ALLOCATION_LIST,
    ENTRY_LIST,
    OPEN_ITEM_LIST,
    OPEN_ITEM_LIST_AS_OF,
    PAYMENT_LIST,
    PERIOD_LIST,
)
from app.application.accounting.settlement_views import (
    allocation_summary,
    open_item_view,
    payment_summary,
)
from app.application.accounting.views import (
    entry_summary,
    period_view,
)
from app.application.shared.reading import Listing
from app.infrastructure.accounting.tables import (
    allocation_documents,
    allocations,
    books,
    journal_entries,
    journal_lines,
    open_items,
    payments,
    periods,
)
from app.infrastructure.db.lists import Filter, ListQuery, at_least, at_most, equals, plain_list
from app.infrastructure.db.query import of_tenant, total
from app.infrastructure.db.types import Day


def _documents(
    listing: Listing,
    table: Any,
    statement: Select[Any],
    view: Any,
    key: str = "id",
    **filters: Filter,
) -> ListQuery:
    """A list of documents by business day."""
    days = {
        "effective_from": at_least(table.c.effective_on),
        "effective_to": at_most(table.c.effective_on),
    }
    sorts = {name: table.c[name] for name in listing.sorts}
    return ListQuery(listing, statement, table.c[key], view, sorts, {**days, **filters})


_ENTRIES = select(
    journal_entries.c.id,
    journal_entries.c.number,
    journal_entries.c.external_ref,
    journal_entries.c.effective_at,
    journal_entries.c.effective_on,
    journal_entries.c.source_kind,
    journal_entries.c.source_id,
    journal_entries.c.purpose,
    journal_entries.c.memo,
    journal_entries.c.reverses_id,
    journal_entries.c.recorded_at,
    books.c.currency,
    select(total(journal_lines.c.amount))
    .where(
        *of_tenant(journal_lines),
        journal_lines.c.entry_id == journal_entries.c.id,
        journal_lines.c.amount > 0,
    )
    .correlate(journal_entries)
    .scalar_subquery()
    .label("debits"),
).where(*of_tenant(journal_entries, books))

_PAYMENTS = select(
    payments.c.id,
    payments.c.number,
    payments.c.external_ref,
    payments.c.direction,
    payments.c.contact_id,
    payments.c.method,
    payments.c.amount,
    payments.c.effective_at,
    payments.c.effective_on,
    payments.c.recorded_at,
    books.c.currency,
    open_items.c.settled,
).where(*of_tenant(payments, books, open_items), open_items.c.document_id == payments.c.id)

_ALLOCATIONS = select(
    allocation_documents.c.id,
    allocation_documents.c.number,
    allocation_documents.c.contact_id,
    allocation_documents.c.side,
    allocation_documents.c.effective_at,
    allocation_documents.c.effective_on,
    allocation_documents.c.recorded_at,
    books.c.currency,
    select(total(allocations.c.amount))
    .where(*of_tenant(allocations), allocations.c.document_id == allocation_documents.c.id)
    .correlate(allocation_documents)
    .scalar_subquery()
    .label("allocated"),
).where(*of_tenant(allocation_documents, books))


def _settled_as_of() -> Label[int]:
    """What allocations up to the day ``as_of`` settled of an item, with the sign of its amount."""

    def allocated(column: ColumnElement[bytes]) -> Any:
        return (
            select(total(allocations.c.amount))
            .where(
                *of_tenant(allocations),
                column == open_items.c.document_id,
                allocations.c.effective_on <= bindparam("f_as_of", type_=Day),
            )
            .correlate(open_items)
            .scalar_subquery()
        )

    settled = case(
        (open_items.c.amount > 0, allocated(allocations.c.debit_id)),
        else_=-allocated(allocations.c.credit_id),
    )
    return settled.label("settled_as_of")


def _open_items(settled: ColumnElement[int]) -> Select[Any]:
    return select(
        open_items.c.document_id,
        open_items.c.document_kind,
        open_items.c.side,
        open_items.c.contact_id,
        open_items.c.effective_on,
        open_items.c.due_on,
        open_items.c.amount,
        settled,
        books.c.currency,
    ).where(*of_tenant(open_items, books), open_items.c.amount != settled)


_OPEN_ITEM_FILTERS = {
    "contact_id": equals(open_items.c.contact_id),
    "side": equals(open_items.c.side),
}

LISTS = (
    # The first day is unique, so the id that completes the place may be a constant.
    plain_list(
        PERIOD_LIST,
        periods,
        ("starts_on", "state", "version", "closed_at", "locked_at", "reason"),
        period_view,
        sorts={"starts_on": "starts_on"},
        filters={"state": equals(periods.c.state)},
        key="tenant_id",
    ),
    _documents(
        ENTRY_LIST,
        journal_entries,
        _ENTRIES,
        entry_summary,
        source_kind=equals(journal_entries.c.source_kind),
        source_id=equals(journal_entries.c.source_id),
        external_ref=equals(journal_entries.c.external_ref),
    ),
    _documents(
        PAYMENT_LIST,
        payments,
        _PAYMENTS,
        payment_summary,
        contact_id=equals(payments.c.contact_id),
        direction=equals(payments.c.direction),
        external_ref=equals(payments.c.external_ref),
    ),
    _documents(
        ALLOCATION_LIST,
        allocation_documents,
        _ALLOCATIONS,
        allocation_summary,
        contact_id=equals(allocation_documents.c.contact_id),
        side=equals(allocation_documents.c.side),
    ),
    _documents(
        OPEN_ITEM_LIST,
        open_items,
        _open_items(open_items.c.settled),
        open_item_view,
        key="document_id",
        **_OPEN_ITEM_FILTERS,
    ),
    _documents(
        OPEN_ITEM_LIST_AS_OF,
        open_items,
        _open_items(_settled_as_of()),
        open_item_view,
        key="document_id",
        as_of=at_most(open_items.c.effective_on),
        **_OPEN_ITEM_FILTERS,
    ),
)
