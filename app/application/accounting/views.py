"""Accounting as clients see it. Amounts are decimal strings in the stated currency."""

from datetime import date, datetime
from typing import Final, NamedTuple

from typing_extensions import TypedDict

from app.application.shared.guarded import Cost
from app.application.shared.wording import instant, maybe
from app.domain.accounting.entries import JournalEntry
from app.domain.accounting.periods import Period, month_end
from app.domain.shared.documents import DocumentKind
from app.domain.shared.ids import Id, show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import format_amount

PREFIXES: Final = {
    DocumentKind("journal"): "jnl",
    DocumentKind("sale"): "sal",
    DocumentKind("return"): "ret",
    DocumentKind("receipt"): "rcp",
    DocumentKind("supplier_return"): "srt",
    DocumentKind("bill"): "bil",
    DocumentKind("payment"): "pay",
    DocumentKind("adjustment"): "adj",
}


class DocumentRef(NamedTuple):
    """A document as a request names it: the prefix tells the kind."""

    kind: DocumentKind
    id: Id


def show_document(kind: str, id_: bytes) -> str:
    """The id of a document with the prefix of its kind."""
    return show(PREFIXES[DocumentKind(kind)], id_)


class PeriodView(TypedDict):
    """A calendar month of the books, written ``YYYY-MM``."""

    period: str
    starts_on: str
    ends_on: str
    state: str
    closed_at: str | None
    locked_at: str | None
    reason: str
    version: int


def period_view(
    starts_on: date,
    state: str,
    version: int,
    closed_at: datetime | None,
    locked_at: datetime | None,
    reason: str,
) -> PeriodView:
    """The view of a month; takes the fields of the aggregate in their order."""
    return {
        "period": starts_on.isoformat()[:7],
        "starts_on": starts_on.isoformat(),
        "ends_on": month_end(starts_on).isoformat(),
        "state": state,
        "closed_at": None if closed_at is None else instant(closed_at),
        "locked_at": None if locked_at is None else instant(locked_at),
        "reason": reason,
        "version": version,
    }


def show_period(period: Period) -> PeriodView:
    """The view of a month."""
    return period_view(
        period.starts_on,
        period.state,
        period.version,
        period.closed_at,
        period.locked_at,
        period.reason,
    )


class EntrySummary(TypedDict):
    """A journal entry in a list; ``total`` is the sum of its debits.

    Stock moves in most entries, so the amounts of all are shown to whoever sees costs.
    """

    id: str
    number: str | None
    external_ref: str | None
    effective_at: str
    effective_on: str
    source_kind: str
    source_id: str
    purpose: str
    memo: str
    reverses_id: str | None
    currency: str
    total: Cost
    recorded_at: str


class EntryLineView(TypedDict):
    """One side of an entry: either ``debit`` or ``credit`` is above zero."""

    line: int
    account_id: str
    debit: Cost
    credit: Cost
    memo: str
    contact_id: str | None


class EntryView(EntrySummary):
    """A journal entry with its lines and, once there is one, its reversal."""

    reversed_by_id: str | None
    lines: list[EntryLineView]


def entry_summary(
    id_: bytes,
    number: str | None,
    external_ref: str | None,
    effective_at: datetime,
    effective_on: date,
    source_kind: str,
    source_id: bytes,
    purpose: str,
    memo: str,
    reverses_id: bytes | None,
    recorded_at: datetime,
    currency: str,
    total: int,
) -> EntrySummary:
    """The view of an entry in a list."""
    return {
        "id": show("jnl", id_),
        "number": number,
        "external_ref": external_ref,
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "source_kind": source_kind,
        "source_id": show_document(source_kind, source_id),
        "purpose": purpose,
        "memo": memo,
        "reverses_id": maybe("jnl", reverses_id),
        "currency": currency,
        "total": format_amount(total, currency_exponent(currency)),
        "recorded_at": instant(recorded_at),
    }


def entry_view(
    entry: JournalEntry, currency: str, recorded_at: datetime, reversed_by_id: Id | None = None
) -> EntryView:
    """The view of an entry."""
    exponent = currency_exponent(currency)
    head = entry_summary(
        entry.id,
        entry.number,
        entry.external_ref,
        entry.effective_at,
        entry.effective_on,
        entry.source_kind,
        entry.source_id,
        entry.purpose,
        entry.memo,
        entry.reverses_id,
        recorded_at,
        currency,
        sum(line.debit for line in entry.lines),
    )
    lines: list[EntryLineView] = [
        {
            "line": line.line,
            "account_id": show("acc", line.account_id),
            "debit": format_amount(line.debit, exponent),
            "credit": format_amount(line.credit, exponent),
            "memo": line.memo,
            "contact_id": maybe("con", line.contact_id),
        }
        for line in entry.lines
    ]
    return {**head, "reversed_by_id": maybe("jnl", reversed_by_id), "lines": lines}
