"""Accounting in the database: how its aggregates are loaded, saved and listed."""

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, select

from app.application.accounting.accounts import ACCOUNT
from app.application.accounting.allocations import ALLOCATION
from app.application.accounting.checkpoints import DAY_BALANCES, LEDGER_CHECKPOINT
from app.application.accounting.journal import ENTRY
from app.application.accounting.open_items import OPEN_AS_OF, OPEN_ITEM
from app.application.accounting.payments import PAYMENT
from app.application.accounting.periods import PERIOD
from app.application.accounting.ports import (
    ALL_TAXES,
    ALLOCATIONS,
    ALLOCATIONS_BY,
    ALLOCATIONS_OF_CREDIT,
    BOOKS,
    ENTRIES_OF,
    NUMBER_SERIES,
    OPEN_ITEMS,
    OPEN_ITEMS_OF,
    OPEN_PERIODS,
    PARTIES,
    PERIODS,
    POSTING_ACCOUNTS,
    REVERSAL_OF,
    PostingAccounts,
)
from app.application.accounting.taxes import TAX
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.checkpoints import DayBalance, LedgerCheckpoint
from app.domain.accounting.open_items import BookedAllocation, OpenItem
from app.domain.accounting.periods import Books, Period
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxComponent, TaxKind
from app.domain.catalog.contact import Contact
from app.domain.shared.ids import Id
from app.infrastructure.accounting import tables
from app.infrastructure.accounting.tables import (
    allocation_documents,
    allocations,
    books,
    journal_entries,
    journal_lines,
    open_items,
    payments,
)
from app.infrastructure.catalog.tables import contacts
from app.infrastructure.db.declared import (
    Codec,
    Stored,
    listed,
    mapped,
    stored_document,
    stored_master,
)
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.mapping import Search
from app.infrastructure.db.query import of_tenant, total
from app.infrastructure.db.types import Day


def tax_component(data: dict[str, Any]) -> TaxComponent:
    """A component as the column ``components`` keeps it."""
    return TaxComponent(
        data["name"],
        TaxKind(data["kind"]),
        data["rate"],
        data["compound"],
        data["recoverable"],
        _maybe_id(data["output_account_id"]),
        _maybe_id(data["input_account_id"]),
    )


def _maybe_id(text: str | None) -> Id | None:
    return None if text is None else Id(bytes.fromhex(text))


def _component_data(each: TaxComponent) -> dict[str, Any]:
    return {
        "name": each.name,
        "kind": each.kind,
        "rate": each.rate,
        "compound": each.compound,
        "recoverable": each.recoverable,
        "output_account_id": each.output_account_id and each.output_account_id.hex(),
        "input_account_id": each.input_account_id and each.input_account_id.hex(),
    }


# Components are kept as objects, so that the column explains itself.
_COMPONENTS = Codec(
    lambda values: tuple(map(tax_component, values)),
    lambda components: [_component_data(each) for each in components],
)
_BY_ROLE = Codec(
    lambda by_role: {AccountRole(role): Id(bytes.fromhex(id_)) for role, id_ in by_role.items()},
    lambda by_role: {str(role): id_.hex() for role, id_ in by_role.items()},
)


def _in_books(statement: Select[Any]) -> Select[Any]:
    """With the books, whose currency is that of the documents."""
    return statement.where(*of_tenant(books))


def _of_allocations(of: ColumnElement[bool], *where: ColumnElement[bool]) -> ColumnElement[int]:
    amount = select(total(allocations.c.amount)).where(*of_tenant(allocations), of, *where)
    return amount.correlate(allocation_documents, open_items).scalar_subquery()


_DEBITS = (
    select(total(journal_lines.c.amount))
    .where(
        *of_tenant(journal_lines),
        journal_lines.c.entry_id == journal_entries.c.id,
        journal_lines.c.amount > 0,
    )
    .correlate(journal_entries)
    .scalar_subquery()
)
_BY_THEN = allocations.c.effective_on <= bindparam("f_as_of", type_=Day)
# What allocations up to the day ``as_of`` settled of an item, with the sign of its amount.
_SETTLED_BY_THEN = case(
    (
        open_items.c.amount > 0,
        _of_allocations(allocations.c.debit_id == open_items.c.document_id, _BY_THEN),
    ),
    else_=-_of_allocations(allocations.c.credit_id == open_items.c.document_id, _BY_THEN),
)


def _open(listing: Any, settled: ColumnElement[int]) -> ListQuery:
    return listed(
        listing,
        OPEN_ITEM.summary,
        open_items,
        given={"currency": books.c.currency, "settled": settled},
        statement=lambda rows: _in_books(rows).where(open_items.c.amount != settled),
        key="document_id",
    )


STORED = (
    stored_master(ACCOUNT, tables.accounts),
    stored_master(TAX, tables.taxes, Search(ALL_TAXES, ()), codecs={"components": _COMPONENTS}),
    stored_document(
        ENTRY,
        journal_entries,
        (journal_lines, "entry_id"),
        Search(REVERSAL_OF, ("reverses_id",)),
        Search(ENTRIES_OF, ("source_kind", "source_id")),
        repeated=("effective_on",),
        given={"currency": books.c.currency, "total": _DEBITS},
        statement=_in_books,
    ),
    stored_document(
        PAYMENT,
        payments,
        None,
        given={"currency": books.c.currency, "allocated": -open_items.c.settled},
        statement=lambda rows: _in_books(rows).where(
            *of_tenant(open_items), open_items.c.document_id == payments.c.id
        ),
    ),
    stored_document(
        ALLOCATION,
        allocation_documents,
        None,
        given={
            "currency": books.c.currency,
            "allocated": _of_allocations(allocations.c.document_id == allocation_documents.c.id),
        },
        statement=_in_books,
    ),
    Stored(
        (
            mapped(PERIODS, tables.periods, Period, key=("starts_on",)),
            Search(OPEN_PERIODS, (), where="t.status = 'open'"),
        ),
        # The first day is unique, so the id that completes the place may be a constant.
        (listed(PERIOD.listed, PERIOD.summary, tables.periods, key="tenant_id"),),
    ),
    Stored(
        (
            mapped(OPEN_ITEMS, open_items, OpenItem, key=("document_id",)),
            Search(OPEN_ITEMS_OF, ("contact_id", "side"), where="t.amount <> t.settled"),
        ),
        (
            _open(OPEN_ITEM.listed, open_items.c.settled),
            _open(OPEN_AS_OF, _SETTLED_BY_THEN),
        ),
    ),
)

MAPPINGS = (
    mapped(LEDGER_CHECKPOINT, tables.ledger_checkpoints, LedgerCheckpoint, key=()),
    mapped(DAY_BALANCES, tables.day_balances, DayBalance, key=("effective_on", "account_id")),
    mapped(BOOKS, books, Books, key=()),
    mapped(
        POSTING_ACCOUNTS,
        tables.posting_accounts,
        PostingAccounts,
        key=(),
        codecs={"by_role": _BY_ROLE},
    ),
    mapped(NUMBER_SERIES, tables.number_series, NumberSeries, key=("series", "scope_id", "year")),
    mapped(ALLOCATIONS, allocations, BookedAllocation),
    Search(ALLOCATIONS_OF_CREDIT, ("credit_id",)),
    Search(ALLOCATIONS_BY, ("document_id",)),
    mapped(PARTIES, contacts, Contact),
)

SQLITE_CHECKS = {journal_entries: tables.SQLITE_BALANCE}
