"""What other contexts may ask of accounting: a day to post on, numbers, entries, open items.

A document calls ``posting_needs`` where it says what it needs, and in its decision ``open_day``,
``next_number`` and ``post``, in this order.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from app.application.accounting.ports import (
    ACCOUNTS,
    ALL_TAXES,
    ALLOCATIONS,
    BOOKS,
    JOURNAL_ENTRIES,
    NUMBER_SERIES,
    OPEN_ITEMS,
    OPEN_ITEMS_OF,
    PERIODS,
    POSTING_ACCOUNTS,
    TAXES,
    PostingAccounts,
)
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole, template_accounts
from app.domain.accounting.entries import Postings
from app.domain.accounting.errors import DatedAhead, PeriodClosed, PeriodLocked
from app.domain.accounting.open_items import (
    BookedAllocation,
    OpenItem,
    Settlement,
    Side,
    allocate_oldest,
)
from app.domain.accounting.periods import Books, TaxRounding, month_start
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxCode, TaxComponent, TaxKind
from app.domain.shared.clock import business_date
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.ids import NO_ID, Id
from app.domain.shared.numbers import SCALE, SCALE_DIGITS

__all__ = [
    "ACCOUNTS",
    "ALL_TAXES",
    "BOOKS",
    "DAY_REFUSALS",
    "OPEN_ITEMS_OF",
    "TAXES",
    "account_of",
    "minor",
    "next_number",
    "open_day",
    "open_item_needs",
    "owe",
    "post",
    "posting_needs",
    "seed_books",
    "settle",
    "settle_oldest",
]

# What ``open_day`` refuses.
DAY_REFUSALS: Final = (DatedAhead, PeriodClosed, PeriodLocked)
# No zone is further from UTC; the day of an instant is known only once the company's zone is.
_ZONE_HOURS_MAX = timedelta(hours=15)


def posting_needs(
    needs: Needs, effective_at: datetime, series: Series | None, scope_id: Id = NO_ID
) -> Needs:
    """Need what posting at ``effective_at`` takes: books, accounts, period, and a number series."""
    needs.one(BOOKS).one(POSTING_ACCOUNTS)
    days = {(effective_at + shift).date() for shift in (-_ZONE_HOURS_MAX, _ZONE_HOURS_MAX)}
    needs.many(PERIODS, {(month_start(day),) for day in days})
    if series is not None:
        needs.many(NUMBER_SERIES, {(series, scope_id, day.year) for day in days})
    return needs


def open_day(work: Work, effective_at: datetime) -> date:
    """The business day of an instant, whose month takes postings.

    Raises:
        DatedAhead: the day is later than the company's tomorrow.
        PeriodClosed: the month is closed.
        PeriodLocked: the month is locked.
    """
    books = work.get(BOOKS)
    day = business_date(effective_at, books.time_zone)
    latest = business_date(work.recorded_at, books.time_zone) + timedelta(days=1)
    if day > latest:
        raise DatedAhead.at("/effective_at", latest=latest.isoformat())
    stored = work.find(PERIODS, month_start(day))
    period = books.period_for_posting(day, stored)
    if stored is None:
        # The first posting of a month makes its row; the books' version keeps a closing out.
        work.put(PERIODS, period)
        work.put(BOOKS, books)
    return day


def next_number(
    work: Work, series: Series, day: date, scope_id: Id = NO_ID, scope_code: str = ""
) -> str:
    """The next gapless number of a series; it is lost with the command, so no gap appears."""
    key = (series, scope_id, day.year)
    row = work.find(NUMBER_SERIES, *key) or NumberSeries(*key, next_number=1, version=1)
    row, number = row.take(scope_code)
    work.put(NUMBER_SERIES, row)
    return number


def account_of(work: Work, role: AccountRole) -> Id:
    """The company's account for a role."""
    return work.get(POSTING_ACCOUNTS).by_role[role]


def post(
    work: Work,
    postings: Postings,
    *,
    source_kind: DocumentKind,
    source_id: Id,
    effective_at: datetime,
    effective_on: date,
    memo: str = "",
) -> Id | None:
    """Write the entry of a document; None when it comes to nothing.

    Raises:
        EntryUnbalanced: the document does not balance.
    """
    entry = postings.entry(
        id_=work.new_id(),
        effective_at=effective_at,
        effective_on=effective_on,
        recorded_at=work.recorded_at,
        source_kind=source_kind,
        source_id=source_id,
        memo=memo,
    )
    if entry is None:
        return None
    work.put(JOURNAL_ENTRIES, entry)
    return entry.id


def open_item_needs(needs: Needs, contact_id: Id, side: Side) -> Needs:
    """Need all that is open between the company and a party, locked."""
    return needs.search(OPEN_ITEMS_OF, contact_id, side)


def owe(work: Work, item: OpenItem) -> None:
    """Record what a document leaves open."""
    work.put(OPEN_ITEMS, item)


def settle(work: Work, settlement: Settlement, document_id: Id) -> None:
    """Keep a settlement: its items in their new state and one fact per allocation."""
    for item in settlement.items:
        work.put(OPEN_ITEMS, item)
    for fact in settlement.allocations:
        booked = BookedAllocation(
            work.new_id(),
            document_id,
            fact.credit_kind,
            fact.credit_id,
            fact.debit_kind,
            fact.debit_id,
            fact.amount,
            fact.effective_on,
        )
        work.put(ALLOCATIONS, booked)


def settle_oldest(
    work: Work, credit_items: Sequence[OpenItem], day: date, document_id: Id
) -> Settlement:
    """Let credits of one party settle its open debits, the oldest first."""
    first = credit_items[0]
    open_items = work.search(OPEN_ITEMS_OF, first.contact_id, first.side)
    debits = [item for item in open_items if item.is_debit]
    settlement = allocate_oldest(credit_items, debits, day)
    settle(work, settlement, document_id)
    return settlement


def minor(books: Books, scaled: int, pointer: str) -> int:
    """An amount that was read with six decimals, in the minor units of the books.

    Raises:
        InvalidValue: it has more decimals than the currency.
    """
    step: int = 10 ** (SCALE_DIGITS - books.exponent)
    if scaled % step:
        rule: dict[str, str | int] = {"maximum": books.exponent}
        raise InvalidValue(faults=[Fault(pointer, "validation.too_many_decimals", rule)])
    return scaled // step


def seed_books(work: Work, *, currency: str, time_zone: str, tax_rounding: str) -> None:
    """Make the books of a new company: settings, chart of accounts, tax codes.

    Raises:
        InvalidValue: an unknown currency or time zone.
    """
    work.put(
        BOOKS, Books(currency=currency, time_zone=time_zone, tax_rounding=TaxRounding(tax_rounding))
    )
    by_role: dict[AccountRole, Id] = {}
    for account in template_accounts([], work.new_id):
        work.put(ACCOUNTS, account)
        if account.role is not None:
            by_role[account.role] = account.id
    work.put(POSTING_ACCOUNTS, PostingAccounts(by_role))
    for code, name, rate in (("VAT20", "VAT 20 %", 20), ("VAT0", "VAT 0 %", 0)):
        component = TaxComponent("VAT", TaxKind.PERCENT, rate * SCALE)
        work.put(TAXES, TaxCode(work.new_id(), code, name, False, (component,), True, 1))
    work.put(TAXES, TaxCode(work.new_id(), "EXEMPT", "Exempt", False, (), True, 1))
