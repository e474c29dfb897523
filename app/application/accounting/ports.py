"""What accounting loads and lists."""

from dataclasses import dataclass
from datetime import date

from app.application.shared.kinds import Finder, Kind, Lock, LockRank
from app.application.shared.reading import Listing
from app.domain.accounting.chart import Account, AccountRole
from app.domain.accounting.entries import DocumentKind, JournalEntry
from app.domain.accounting.open_items import OpenItem
from app.domain.accounting.payments import Payment
from app.domain.accounting.periods import Books, Period, PeriodState
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxCode
from app.domain.shared.ids import Id


@dataclass(frozen=True, slots=True)
class PostingAccounts:
    """The account of each role; made with the chart and never changed."""

    by_role: dict[AccountRole, Id]


@dataclass(frozen=True, slots=True)
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

ACCOUNT_BY_CODE: Finder[Account] = Finder("account_by_code", ACCOUNTS, lambda each: (each.code,))
TAX_BY_CODE: Finder[TaxCode] = Finder("tax_by_code", TAXES, lambda tax: (tax.code,))
ALL_TAXES: Finder[TaxCode] = Finder("all_taxes", TAXES, lambda _: ())
OPEN_PERIODS: Finder[Period] = Finder(
    "open_periods", PERIODS, lambda period: () if period.state is PeriodState.OPEN else None
)
REVERSAL_OF: Finder[JournalEntry] = Finder(
    "reversal_of", JOURNAL_ENTRIES, lambda entry: (entry.reverses_id,)
)
ENTRY_BY_REF: Finder[JournalEntry] = Finder(
    "entry_by_ref", JOURNAL_ENTRIES, lambda entry: (entry.external_ref,)
)
PAYMENT_BY_REF: Finder[Payment] = Finder(
    "payment_by_ref", PAYMENTS, lambda payment: (payment.external_ref,)
)
OPEN_ITEMS_OF: Finder[OpenItem] = Finder(
    "open_items_of",
    OPEN_ITEMS,
    lambda item: (item.contact_id, item.side) if item.open else None,
)

ACCOUNT_LIST = Listing("accounts", sorts=("code",), filters=("role", "type", "active", "code"))
TAX_LIST = Listing("taxes", sorts=("code",), filters=("code", "active"))
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
