"""What accounting loads and locks."""

from app.application.shared.kinds import Finder, Kind, Lock, LockRank
from app.application.shared.nouns import by_id
from app.domain.accounting.chart import Account, AccountRole
from app.domain.accounting.entries import JournalEntry
from app.domain.accounting.open_items import BookedAllocation, OpenItem
from app.domain.accounting.periods import Books, Period, PeriodStatus
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxCode
from app.domain.catalog.contact import Contact
from app.domain.shared.fields import Currency
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class PostingAccounts:
    """The account of each role; made with the chart and never changed."""

    by_role: dict[AccountRole, Id]


def currency(currency: str) -> Currency:
    """ISO 4217 code: the currency of the books."""
    return currency


ACCOUNTS: Kind[Account] = Kind("accounts", key=by_id)
TAXES: Kind[TaxCode] = Kind("taxes", key=by_id)
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
JOURNAL_ENTRIES: Kind[JournalEntry] = Kind("journal_entries", key=by_id, rank=LockRank.DOCUMENT)
OPEN_ITEMS: Kind[OpenItem] = Kind(
    "open_items",
    key=lambda item: (item.document_id,),
    rank=LockRank.OPEN_ITEM,
    lock=Lock.UPDATE,
)
ALLOCATIONS: Kind[BookedAllocation] = Kind("allocations", key=by_id)
# Contacts as accounting names them. The catalog keeps them; here they are only read.
PARTIES: Kind[Contact] = Kind("parties", key=by_id)

ALL_TAXES: Finder[TaxCode] = Finder("all_taxes", TAXES, lambda _: ())
# Named to be read after the month itself: two closings of one month then wait for each other, and
# neither shares what the other wants for itself.
OPEN_PERIODS: Finder[Period] = Finder(
    "periods_open", PERIODS, lambda period: () if period.status is PeriodStatus.OPEN else None
)
REVERSAL_OF: Finder[JournalEntry] = Finder(
    "reversal_of", JOURNAL_ENTRIES, lambda entry: (entry.reverses_id,)
)
ENTRIES_OF: Finder[JournalEntry] = Finder(
    "entries_of", JOURNAL_ENTRIES, lambda entry: (entry.source_kind, entry.source_id)
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
