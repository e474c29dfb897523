"""Accounting as clients see it. Amounts are decimal strings in the stated currency."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, NamedTuple

from typing_extensions import TypedDict

from app.application.shared.guarded import Cost
from app.application.shared.wording import instant, maybe
from app.domain.accounting.chart import CONTROL_ROLES
from app.domain.accounting.entries import DocumentKind, JournalEntry
from app.domain.accounting.periods import Period, month_end
from app.domain.accounting.tax import TaxComponent
from app.domain.shared.ids import Id, show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import SCALE_DIGITS, format_amount, format_scaled

PREFIXES: Final = {
    DocumentKind.JOURNAL: "jnl",
    DocumentKind.SALE: "sal",
    DocumentKind.RETURN: "ret",
    DocumentKind.RECEIPT: "rcp",
    DocumentKind.SUPPLIER_RETURN: "srt",
    DocumentKind.BILL: "bil",
    DocumentKind.PAYMENT: "pay",
    DocumentKind.ADJUSTMENT: "adj",
}


class DocumentRef(NamedTuple):
    """A document as a request names it: the prefix tells the kind."""

    kind: DocumentKind
    id: Id


def show_document(kind: str, id_: bytes) -> str:
    """The id of a document with the prefix of its kind."""
    return show(PREFIXES[DocumentKind(kind)], id_)


class AccountView(TypedDict):
    """An account; ``control`` names the sub-ledger that alone posts to it."""

    id: str
    code: str
    name: str
    type: str
    role: str | None
    control: str | None
    active: bool
    version: int


def account_view(
    id_: bytes, code: str, name: str, type_: str, role: str | None, active: bool, version: int
) -> AccountView:
    """The view of an account; takes the fields of the aggregate in their order."""
    return {
        "id": show("acc", id_),
        "code": code,
        "name": name,
        "type": type_,
        "role": role,
        "control": role if role in CONTROL_ROLES else None,
        "active": active,
        "version": version,
    }


class TaxComponentView(TypedDict):
    """One tax of a code; an account of null is the company's for output or input tax."""

    name: str
    kind: str
    rate: str
    compound: bool
    recoverable: bool
    output_account_id: str | None
    input_account_id: str | None


class TaxView(TypedDict):
    """A tax code."""

    id: str
    code: str
    name: str
    included: bool
    components: list[TaxComponentView]
    active: bool
    version: int


def tax_view(
    id_: bytes,
    code: str,
    name: str,
    included: bool,
    components: Iterable[TaxComponent],
    active: bool,
    version: int,
) -> TaxView:
    """The view of a tax code; takes the fields of the aggregate in their order."""
    return {
        "id": show("tax", id_),
        "code": code,
        "name": name,
        "included": included,
        "components": [
            {
                "name": each.name,
                "kind": each.kind,
                "rate": format_scaled(each.rate, SCALE_DIGITS),
                "compound": each.compound,
                "recoverable": each.recoverable,
                "output_account_id": maybe("acc", each.output_account_id),
                "input_account_id": maybe("acc", each.input_account_id),
            }
            for each in components
        ],
        "active": active,
        "version": version,
    }


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
