"""What accounting loads and lists."""

from datetime import date, datetime

from app.application.shared.kinds import Finder, Kind, Lock, LockRank
from app.application.shared.reading import Listing
from app.domain.accounting.chart import Account, AccountRole
from app.domain.accounting.entries import JournalEntry
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.payments import Payment
from app.domain.accounting.periods import Books, Period, PeriodState
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxCode
from app.domain.catalog.contact import Contact
from app.domain.shared.documents import DocumentKind
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class PostingAccounts:
    """The account of each role; made with the chart and never changed."""

    by_role: dict[AccountRole, Id]


@frozen
class BookedAllocation:
    """An allocation as a row; ``document_id`` is the payment, return or allocation that made it."""

    id: Id
    document_id: Id
    credit_kind: DocumentKind
    credit_id: Id
    debit_kind: DocumentKind
    debit_id: Id
    amount: int
    effective_on: date


@frozen
class AllocationDocument:
    """Credits of a party matched with its debits; what it settled is kept by its allocations.

    ``named`` tells that the request named the pairs; otherwise the oldest were matched.
    """

    id: Id
    number: str | None
    contact_id: Id
    side: Side
    named: bool
    effective_at: datetime
    effective_on: date


@frozen
class Recorded:
    """When a document entered the books: written by the kernel, so no aggregate holds it."""

    id: Id
    recorded_at: datetime


ACCOUNTS: Kind[Account] = Kind("accounts", key=lambda account: (account.id,))
TAXES: Kind[TaxCode] = Kind("taxes", key=lambda tax: (tax.id,))
# One row a tenant. Posting does not lock it: what depends on it is written with its version.
BOOKS: Kind[Books] = Kind("books", key=lambda _: (), rank=LockRank.BOOKS)
POSTING_ACCOUNTS: Kind[PostingAccounts] = Kind("posting_accounts", key=lambda _: ())
# Postings share the period, closing holds it alone, so no late entry slips in.
PERIODS: Kind[Period] = Kind(
    "periods",
    key=lambda period: (period.starts_on,),
    rank=LockRank.PERIOD,
    lock=Lock.KEY_SHARE,
)
NUMBER_SERIES: Kind[NumberSeries] = Kind(
    "number_series",
    key=lambda series: (series.series, series.scope_id, series.year),
    rank=LockRank.SERIES,
    lock=Lock.UPDATE,
)
JOURNAL_ENTRIES: Kind[JournalEntry] = Kind(
    "journal_entries", key=lambda entry: (entry.id,), rank=LockRank.DOCUMENT
)
OPEN_ITEMS: Kind[OpenItem] = Kind(
    "open_items",
    key=lambda item: (item.document_id,),
    rank=LockRank.OPEN_ITEM,
    lock=Lock.UPDATE,
)
ALLOCATIONS: Kind[BookedAllocation] = Kind("allocations", key=lambda allocation: (allocation.id,))
PAYMENTS: Kind[Payment] = Kind("payments", key=lambda payment: (payment.id,))
ALLOCATION_DOCUMENTS: Kind[AllocationDocument] = Kind(
    "allocation_documents", key=lambda document: (document.id,)
)
# Contacts as accounting names them. The catalog keeps them; here they are only read.
PARTIES: Kind[Contact] = Kind("parties", key=lambda contact: (contact.id,))
RECORDED_ENTRIES: Kind[Recorded] = Kind("recorded_entries", key=lambda each: (each.id,))
RECORDED_PAYMENTS: Kind[Recorded] = Kind("recorded_payments", key=lambda each: (each.id,))
RECORDED_ALLOCATIONS: Kind[Recorded] = Kind("recorded_allocations", key=lambda each: (each.id,))

ALL_TAXES: Finder[TaxCode] = Finder("all_taxes", TAXES, lambda _: ())
# Named to be read after the month itself: two closings of one month then wait for each other, and
# neither shares what the other wants for itself.
OPEN_PERIODS: Finder[Period] = Finder(
    "periods_open", PERIODS, lambda period: () if period.state is PeriodState.OPEN else None
)
REVERSAL_OF: Finder[JournalEntry] = Finder(
    "reversal_of", JOURNAL_ENTRIES, lambda entry: (entry.reverses_id,)
)
ENTRY_BY_REF: Finder[JournalEntry] = Finder(
    "entry_by_ref", JOURNAL_ENTRIES, lambda entry: (entry.external_ref,)
)
ENTRIES_OF: Finder[JournalEntry] = Finder(
    "entries_of", JOURNAL_ENTRIES, lambda entry: (entry.source_kind, entry.source_id)
)
PAYMENT_BY_REF: Finder[Payment] = Finder(
    "payment_by_ref", PAYMENTS, lambda payment: (payment.external_ref,)
)
OPEN_ITEMS_OF: Finder[OpenItem] = Finder(
    "open_items_of",
    OPEN_ITEMS,
    lambda item: (item.contact_id, item.side) if item.open else None,
)
ALLOCATIONS_OF_CREDIT: Finder[BookedAllocation] = Finder(
    "allocations_of_credit", ALLOCATIONS, lambda allocation: (allocation.credit_id,)
)
ALLOCATIONS_BY: Finder[BookedAllocation] = Finder(
    "allocations_by", ALLOCATIONS, lambda allocation: (allocation.document_id,)
)

PERIOD_LIST = Listing("periods", sorts=("starts_on",), filters=("state",))
ENTRY_LIST = Listing(
    "journal_entries",
    sorts=("effective_on", "id"),
    filters=("effective_from", "effective_to", "source_kind", "source_id", "external_ref"),
)
PAYMENT_LIST = Listing(
    "payments",
    sorts=("effective_on", "id"),
    filters=("effective_from", "effective_to", "contact_id", "direction", "external_ref"),
)
ALLOCATION_LIST = Listing(
    "allocations",
    sorts=("effective_on", "id"),
    filters=("effective_from", "effective_to", "contact_id", "side"),
)
_OPEN_ITEM_FILTERS = ("contact_id", "side", "effective_from", "effective_to")
OPEN_ITEM_LIST = Listing(
    "open_items", sorts=("effective_on", "document_id"), filters=_OPEN_ITEM_FILTERS
)
# What was open on a past day: the filter ``as_of`` is always given.
OPEN_ITEM_LIST_AS_OF = Listing(
    "open_items_as_of",
    sorts=("effective_on", "document_id"),
    filters=(*_OPEN_ITEM_FILTERS, "as_of"),
)
