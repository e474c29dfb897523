"""Open items of receivables and payables, and how credits settle debits."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from app.domain.accounting.errors import AllocationMismatch, ExcessPayment, OverAllocation
from app.domain.catalog.ids import ContactId
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import Fault, ReferenceNotFound, ValueOutOfRange
from app.domain.shared.fields import (
    COSTS,
    Amount,
    DocumentReference,
    EffectiveOn,
    Guarded,
    Mark,
    Version,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import checked_amount


class Side(StrEnum):
    """Who owes in the normal direction."""

    RECEIVABLE = "receivable"  # the customer owes the company
    PAYABLE = "payable"  # the company owes the supplier


class Excess(StrEnum):
    """What becomes of a payment that is larger than what it finds open (R-12)."""

    REFUSE = "refuse"
    CREDIT = "credit"  # it stays a credit of the party


# What a supplier is owed tells what goods cost; what a customer owes does not.
PAYABLE: Final = Guarded(COSTS, ("side", frozenset({"payable"})))
PayableAmount = Annotated[Amount, PAYABLE]


@frozen
class OpenItem:
    """What a document leaves open. A debit is positive, a credit of the party negative.

    ``amount`` in minor units is positive for a *debit*, owed in the normal direction of the side (a
    sale on account, a bill), and negative for a *credit* against it (a payment, a return).
    ``settled`` has the sign of the amount and never passes it.

    Raises:
        ValueOutOfRange: the amount is zero or larger than the books hold, or ``settled`` is not
            between zero and the amount.
    """

    document_kind: Annotated[DocumentKind, Mark.KIND]
    """The kind of the document."""
    document_id: Annotated[Id, DocumentReference("document_kind")]
    """The document."""
    side: Side
    """`receivable` from a customer, `payable` to a supplier."""
    contact_id: ContactId
    effective_on: EffectiveOn
    due_on: date
    """The day by which it is to be paid."""
    amount: PayableAmount
    """What the document came to."""
    settled: PayableAmount = 0
    """What of the amount is settled."""
    version: Version = 1

    def __post_init__(self) -> None:
        checked_amount(self.amount)
        if self.amount == 0 or not min(self.amount, 0) <= self.settled <= max(self.amount, 0):
            raise ValueOutOfRange

    @property
    def open(self) -> int:
        """What is not settled yet, with the sign of the amount."""
        return self.amount - self.settled

    @property
    def is_debit(self) -> bool:
        """Whether it is owed in the normal direction of its side."""
        return self.amount > 0


@frozen
class Allocation:
    """The fact that ``amount`` minor units of a credit settle a debit, from ``effective_on``.

    That day is never before either document, so an ageing as of any day finds no settled amount of
    a document that did not exist yet.
    """

    credit_kind: DocumentKind
    credit_id: Id
    debit_kind: DocumentKind
    debit_id: Id
    amount: int
    effective_on: date


@frozen
class BookedAllocation:
    """What a credit settles of a debit; ``document_id`` is the document that made it.

    That is the payment, the return or the allocation.
    """

    id: Id
    document_id: Id
    credit_kind: DocumentKind
    credit_id: Annotated[Id, DocumentReference("credit_kind")]
    """The document that settles: a payment, a return."""
    debit_kind: DocumentKind
    debit_id: Annotated[Id, DocumentReference("debit_kind")]
    """The document that is settled: a sale on account, a bill."""
    amount: Amount
    """What of the debit is settled."""
    effective_on: EffectiveOn
    """The business day from which it is settled."""


@frozen
class NamedAllocation:
    """A request: ``amount`` minor units of this credit for that debit, by document ids."""

    credit_id: Id
    debit_id: Id
    amount: int


@frozen
class Settlement:
    """What an allocation changes: each touched item once, in its new state, and the facts."""

    items: tuple[OpenItem, ...] = ()
    allocations: tuple[Allocation, ...] = ()

    @property
    def allocated(self) -> int:
        """The sum of the allocations in minor units."""
        return sum(allocation.amount for allocation in self.allocations)


class _Ledger:
    """Books allocations between items and keeps what each has left."""

    __slots__ = ("_amounts", "_items", "_left", "_on")

    def __init__(self, items: Iterable[OpenItem], on: date) -> None:
        self._on = on
        self._items = {item.document_id: item for item in items}
        self._left = {document_id: abs(item.open) for document_id, item in self._items.items()}
        self._amounts: dict[tuple[Id, Id], int] = {}

    def left(self, document_id: Id) -> int:
        return self._left[document_id]

    def book(self, credit_id: Id, debit_id: Id, amount: int) -> None:
        self._left[credit_id] -= amount
        self._left[debit_id] -= amount
        pair = (credit_id, debit_id)
        self._amounts[pair] = self._amounts.get(pair, 0) + amount

    def settlement(self) -> Settlement:
        touched = dict.fromkeys(document_id for pair in self._amounts for document_id in pair)
        return Settlement(
            tuple(self._settled(self._items[document_id]) for document_id in touched),
            tuple(self._fact(*pair, amount) for pair, amount in self._amounts.items()),
        )

    def _settled(self, item: OpenItem) -> OpenItem:
        left = self._left[item.document_id]
        settled = item.amount - (left if item.is_debit else -left)
        return replace(item, settled=settled)

    def _fact(self, credit_id: Id, debit_id: Id, amount: int) -> Allocation:
        credit, debit = self._items[credit_id], self._items[debit_id]
        return Allocation(
            credit_kind=credit.document_kind,
            credit_id=credit_id,
            debit_kind=debit.document_kind,
            debit_id=debit_id,
            amount=amount,
            effective_on=max(self._on, credit.effective_on, debit.effective_on),
        )


def allocate_oldest(
    credit_items: Sequence[OpenItem], debit_items: Sequence[OpenItem], on: date
) -> Settlement:
    """Settle the oldest debits with the oldest credits, as far as they reach.

    Oldest is by ``effective_on``, then by document id. Items that are settled already are passed
    over. ``on`` is the day of the allocation.

    Raises:
        AllocationMismatch: the items do not belong to one party and side, or a credit stands among
            the debits or the other way round.
    """
    if any(item.is_debit for item in credit_items) or not all(
        item.is_debit for item in debit_items
    ):
        raise AllocationMismatch
    items = (*credit_items, *debit_items)
    if len({(item.side, item.contact_id) for item in items}) > 1:
        raise AllocationMismatch
    ledger = _Ledger(items, on)
    queue = _oldest_first(debit_items)
    place = 0
    for credit in _oldest_first(credit_items):
        while place < len(queue) and ledger.left(credit.document_id):
            debit_id = queue[place].document_id
            amount = min(ledger.left(credit.document_id), ledger.left(debit_id))
            ledger.book(credit.document_id, debit_id, amount)
            if ledger.left(debit_id) == 0:
                place += 1
    return ledger.settlement()


def allocate_named(
    items: Iterable[OpenItem],
    requests: Sequence[NamedAllocation],
    on: date,
    *,
    pointer: str = "/lines",
    debit_member: str = "debit_id",
) -> Settlement:
    """Settle exactly what is named. Requests that name the same pair become one fact.

    ``pointer`` and ``debit_member`` say where they stand in the body, for the errors.

    Raises:
        ReferenceNotFound: a request names a document that is not among ``items``.
        ValueOutOfRange: an amount is not positive.
        AllocationMismatch: the pair is not a credit and a debit of one party and side.
        OverAllocation: more than is open on the credit or on the debit, earlier requests counted.
    """
    by_id = {item.document_id: item for item in items}
    ledger = _Ledger(by_id.values(), on)
    for index, named in enumerate(requests):
        credit, debit = by_id.get(named.credit_id), by_id.get(named.debit_id)
        if credit is None:
            raise ReferenceNotFound.at(f"{pointer}/{index}/credit_id")
        if debit is None:
            raise ReferenceNotFound.at(f"{pointer}/{index}/{debit_member}")
        same_party = (credit.side, credit.contact_id) == (debit.side, debit.contact_id)
        if credit.is_debit or not debit.is_debit or not same_party:
            raise AllocationMismatch.at(f"{pointer}/{index}")
        if named.amount <= 0:
            place = f"{pointer}/{index}/amount"
            rule: dict[str, str | int] = {"bound": "> 0"}
            raise ValueOutOfRange(faults=[Fault(place, "validation.decimal_range", rule)])
        if named.amount > min(ledger.left(named.credit_id), ledger.left(named.debit_id)):
            raise OverAllocation.at(f"{pointer}/{index}/amount")
        ledger.book(named.credit_id, named.debit_id, named.amount)
    return ledger.settlement()


def settle_oldest(
    payment: OpenItem, debits: Sequence[OpenItem], on: date, excess: Excess
) -> Settlement:
    """Let a new payment settle the oldest debits of its party.

    Raises:
        ExcessPayment: it is more than they leave open, and a credit was not asked for.
        AllocationMismatch: the items do not belong to one party and side.
    """
    settlement = allocate_oldest((payment,), debits, on)
    _check_excess(-payment.open - settlement.allocated, excess)
    return settlement


def settle_named(
    payment: OpenItem,
    debits: Iterable[OpenItem],
    targets: Sequence[tuple[Id, int]],
    on: date,
    excess: Excess,
) -> Settlement:
    """Let a new payment settle named documents, each given with its amount.

    Raises:
        ExcessPayment: it is more than the targets take, and a credit was not asked for.
        ReferenceNotFound, ValueOutOfRange, AllocationMismatch, OverAllocation: as for
            ``allocate_named``, at ``/allocations``.
    """
    settlement = allocate_named(
        (payment, *debits),
        [NamedAllocation(payment.document_id, debit_id, amount) for debit_id, amount in targets],
        on,
        pointer="/allocations",
        debit_member="document_id",
    )
    _check_excess(-payment.open - settlement.allocated, excess)
    return settlement


def settle_nothing(payment: OpenItem, items: Iterable[OpenItem], excess: Excess) -> Settlement:
    """Let a new payment stand unallocated, to be allocated later.

    ``items`` are all open items of its party and side. What it finds open is their balance, credits
    deducted, because it is matched to none of them in particular.

    Raises:
        ExcessPayment: it is more than that balance, and a credit was not asked for.
    """
    balance = sum(item.open for item in items)
    _check_excess(-payment.open - balance, excess)
    return Settlement()


def _check_excess(amount: int, excess: Excess) -> None:
    if amount > 0 and excess is Excess.REFUSE:
        raise ExcessPayment.at("/amount", excess=amount)


def _oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    open_items = [item for item in items if item.open]
    return sorted(open_items, key=lambda item: (item.effective_on, item.document_id))
