"""Payments, allocations and open items as clients see them.

Amounts are decimal strings in the stated currency.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Final

from typing_extensions import TypedDict

from app.application.accounting.ports import AllocationDocument, BookedAllocation
from app.application.accounting.views import show_document
from app.application.shared.guarded import COSTS, Guarded
from app.application.shared.wording import instant, maybe
from app.domain.accounting.open_items import Allocation
from app.domain.accounting.payments import Payment
from app.domain.shared.ids import Id, show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import format_amount

# What a supplier is owed or paid tells what goods cost; what a customer owes or pays does not.
PAID_OUT: Final = Guarded(COSTS, ("direction", frozenset({"out"})))
PAYABLE: Final = Guarded(COSTS, ("side", frozenset({"payable"})))
PaidAmount = Annotated[str, PAID_OUT]
PayableAmount = Annotated[str, PAYABLE]


class PaymentSummary(TypedDict):
    """A payment in a list; ``unallocated`` is what is left of it as the party's credit."""

    id: str
    number: str
    external_ref: str | None
    status: str
    direction: str
    contact_id: str
    method: str
    currency: str
    amount: PaidAmount
    allocated: PaidAmount
    unallocated: PaidAmount
    effective_at: str
    effective_on: str
    recorded_at: str


class PaymentAllocationView(TypedDict):
    """What a payment settles of one document."""

    document_id: str
    amount: str
    effective_on: str


class PaymentView(PaymentSummary):
    """A payment with what it settles, and its journal entry."""

    allocations: Annotated[list[PaymentAllocationView], PAID_OUT]
    entry_id: str | None


def payment_summary(
    id_: bytes,
    number: str,
    external_ref: str | None,
    direction: str,
    contact_id: bytes,
    method: str,
    amount: int,
    effective_at: datetime,
    effective_on: date,
    recorded_at: datetime,
    currency: str,
    settled: int,
) -> PaymentSummary:
    """The view of a payment in a list; ``settled`` is its open item's and not positive."""
    exponent = currency_exponent(currency)
    return {
        "id": show("pay", id_),
        "number": number,
        "external_ref": external_ref,
        "status": "posted",
        "direction": direction,
        "contact_id": show("con", contact_id),
        "method": method,
        "currency": currency,
        "amount": format_amount(amount, exponent),
        "allocated": format_amount(-settled, exponent),
        "unallocated": format_amount(amount + settled, exponent),
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "recorded_at": instant(recorded_at),
    }


def payment_view(
    payment: Payment,
    allocations: Iterable[Allocation | BookedAllocation],
    entry_id: Id | None,
    currency: str,
    recorded_at: datetime,
) -> PaymentView:
    """The view of a payment; ``allocations`` are all of it, in the order they were made."""
    booked = sorted(allocations, key=lambda each: each.effective_on)
    exponent = currency_exponent(currency)
    head = payment_summary(
        payment.id,
        payment.number or "",
        payment.external_ref,
        payment.direction,
        payment.contact_id,
        payment.method,
        payment.amount,
        payment.effective_at,
        payment.effective_on,
        recorded_at,
        currency,
        -sum(each.amount for each in booked),
    )
    settled: list[PaymentAllocationView] = [
        {
            "document_id": show_document(each.debit_kind, each.debit_id),
            "amount": format_amount(each.amount, exponent),
            "effective_on": each.effective_on.isoformat(),
        }
        for each in booked
    ]
    return {**head, "allocations": settled, "entry_id": maybe("jnl", entry_id)}


class AllocationSummary(TypedDict):
    """An allocation in a list; ``allocated`` is the sum of what it matched."""

    id: str
    number: str
    contact_id: str
    side: str
    currency: str
    allocated: PayableAmount
    effective_at: str
    effective_on: str
    recorded_at: str


class MatchView(TypedDict):
    """What a credit settles of a debit."""

    credit_id: str
    debit_id: str
    amount: str
    effective_on: str


class AllocationView(AllocationSummary):
    """An allocation with the pairs that it matched; there may be none."""

    allocations: Annotated[list[MatchView], PAYABLE]


def allocation_summary(
    id_: bytes,
    number: str,
    contact_id: bytes,
    side: str,
    effective_at: datetime,
    effective_on: date,
    recorded_at: datetime,
    currency: str,
    allocated: int,
) -> AllocationSummary:
    """The view of an allocation in a list."""
    return {
        "id": show("alc", id_),
        "number": number,
        "contact_id": show("con", contact_id),
        "side": side,
        "currency": currency,
        "allocated": format_amount(allocated, currency_exponent(currency)),
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "recorded_at": instant(recorded_at),
    }


def allocation_view(
    document: AllocationDocument,
    allocations: Iterable[Allocation | BookedAllocation],
    currency: str,
    recorded_at: datetime,
) -> AllocationView:
    """The view of an allocation; ``allocations`` are in the order they were made."""
    booked = list(allocations)
    exponent = currency_exponent(currency)
    head = allocation_summary(
        document.id,
        document.number or "",
        document.contact_id,
        document.side,
        document.effective_at,
        document.effective_on,
        recorded_at,
        currency,
        sum(each.amount for each in booked),
    )
    matches: list[MatchView] = [
        {
            "credit_id": show_document(each.credit_kind, each.credit_id),
            "debit_id": show_document(each.debit_kind, each.debit_id),
            "amount": format_amount(each.amount, exponent),
            "effective_on": each.effective_on.isoformat(),
        }
        for each in booked
    ]
    return {**head, "allocations": matches}


class OpenItemView(TypedDict):
    """What a document leaves open. A debit is positive, a credit of the party negative."""

    document_id: str
    document_kind: str
    side: str
    contact_id: str
    effective_on: str
    due_on: str
    currency: str
    amount: PayableAmount
    settled: PayableAmount
    open: PayableAmount


def open_item_view(
    document_id: bytes,
    document_kind: str,
    side: str,
    contact_id: bytes,
    effective_on: date,
    due_on: date,
    amount: int,
    settled: int,
    currency: str,
) -> OpenItemView:
    """The view of an open item."""
    exponent = currency_exponent(currency)
    return {
        "document_id": show_document(document_kind, document_id),
        "document_kind": document_kind,
        "side": side,
        "contact_id": show("con", contact_id),
        "effective_on": effective_on.isoformat(),
        "due_on": due_on.isoformat(),
        "currency": currency,
        "amount": format_amount(amount, exponent),
        "settled": format_amount(settled, exponent),
        "open": format_amount(amount - settled, exponent),
    }
