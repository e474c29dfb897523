"""Payments received from customers and made to suppliers, and what they settle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

from app.application.accounting.contract import (
    DAY_REFUSALS,
    account_of,
    minor,
    next_number,
    open_day,
    open_item_needs,
    owe,
    post,
    posting_needs,
    settle,
)
from app.application.accounting.ports import (
    ALLOCATIONS_OF_CREDIT,
    BOOKS,
    ENTRIES_OF,
    OPEN_ITEMS,
    OPEN_ITEMS_OF,
    PARTIES,
    currency,
)
from app.application.shared.documents import Asked, Beside, Document, document_view, summary_view
from app.application.shared.kinds import Kind, Needs
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.errors import (
    AllocationMismatch,
    AllocationStatedTwice,
    ExcessPayment,
    OverAllocation,
)
from app.domain.accounting.ids import EntryId
from app.domain.accounting.open_items import (
    BookedAllocation,
    OpenItem,
    Settlement,
    settle_named,
    settle_nothing,
    settle_oldest,
)
from app.domain.accounting.payments import (
    PAID_OUT,
    Direction,
    PaidAmount,
    Payment,
    PaymentIn,
    TargetIn,
)
from app.domain.accounting.periods import Books
from app.domain.identity.factors.errors import StepUpRequired
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import PermissionMissing, ReferenceNotFound
from app.domain.shared.fields import COSTS, DocumentReference
from app.domain.shared.ids import Id
from app.domain.shared.numbers import format_amount

PAYMENTS: Kind[Payment] = Kind("payments", key=by_id)
KIND: Final = DocumentKind("payment")
SERIES: Final = Series("PAY")


def _needs(needs: Needs, asked: Asked[PaymentIn]) -> Needs:
    body = asked.body
    needs.one(PARTIES, body.contact_id)
    if body.allocations is None:
        open_item_needs(needs, body.contact_id, body.direction.side)
    else:
        needs.many(OPEN_ITEMS, {(target.document_id.id,) for target in body.allocations})
    return posting_needs(needs, asked.at, SERIES)


def _post(asked: Asked[PaymentIn], work: Work) -> Payment:
    """Record money received or paid, and settle what it is for.

    Money that goes back to a customer is the refund of a return, and what comes back from a
    supplier belongs to a supplier return; neither is a payment here. Where the company asks for it,
    a payment to a supplier needs a proof of identity of the last ten minutes.
    """
    body, books = asked.body, work.get(BOOKS)
    body.check_allocation()
    _check_paid_out(body, work)
    amount, targets = minor(books, body.amount, "/amount"), _targets(body, books)
    debits = _debits(body, work)
    _check_party(body, debits, work)
    day = open_day(work, asked.at)
    payment = Payment(
        id=body.id or work.new_id(),
        number=next_number(work, SERIES, day),
        external_ref=body.external_ref,
        direction=body.direction,
        contact_id=body.contact_id,
        method=body.method,
        amount=amount,
        effective_at=asked.at,
        effective_on=day,
        recorded_at=work.recorded_at,
    )
    settlement = _settlement(payment, body, targets, debits, work)
    owe(work, payment.open_item())
    settle(work, settlement, payment.id)
    post(
        work,
        payment.postings(
            money_account_id=account_of(work, payment.money_role),
            control_account_id=account_of(work, payment.control_role),
        ),
        source_kind=KIND,
        source_id=payment.id,
        effective_at=asked.at,
        effective_on=day,
    )
    return payment


def _check_paid_out(body: PaymentIn, work: Work) -> None:
    """What is owed to a supplier tells what goods cost, and so does whether a payment fits."""
    if body.direction is Direction.OUT and COSTS not in work.principal.permissions:
        raise PermissionMissing(permission=COSTS)


def _targets(body: PaymentIn, books: Books) -> list[tuple[Id, int]]:
    return [
        (target.document_id.id, minor(books, target.amount, f"/allocations/{place}/amount"))
        for place, target in enumerate(_named(body))
    ]


def _named(body: PaymentIn) -> Sequence[TargetIn]:
    return body.allocations or ()


def _debits(body: PaymentIn, work: Work) -> list[OpenItem]:
    """The debits that the payment may settle: the named ones, or all of the party."""
    if body.allocations is None:
        items = work.search(OPEN_ITEMS_OF, body.contact_id, body.direction.side)
        return [each for each in items if each.is_debit]
    debits = []
    for place, target in enumerate(body.allocations):
        found = work.find(OPEN_ITEMS, target.document_id.id)
        if found is None or found.document_kind != target.document_id.kind:
            raise ReferenceNotFound.at(f"/allocations/{place}/document_id")
        debits.append(found)
    return debits


def _check_party(body: PaymentIn, debits: list[OpenItem], work: Work) -> None:
    """Let the party pay or be paid: for what is owed in any case, in advance while it is in use."""
    party = work.get(PARTIES, body.contact_id, pointer="/contact_id")
    if any(each.contact_id == body.contact_id and each.open for each in debits):
        return
    if body.direction is Direction.IN:
        party.check_customer("/contact_id")
    else:
        party.check_supplier("/contact_id")


def _settlement(
    payment: Payment,
    body: PaymentIn,
    targets: list[tuple[Id, int]],
    debits: list[OpenItem],
    work: Work,
) -> Settlement:
    """What the payment settles: the named documents, the oldest, or nothing yet.

    Raises:
        ExcessPayment: it is more than that; the fault names what would fit.
    """
    item, day = payment.open_item(), payment.effective_on
    try:
        if body.allocations is not None:
            return settle_named(item, debits, targets, day, body.excess)
        if body.allocate == "none":
            open_items = work.search(OPEN_ITEMS_OF, item.contact_id, item.side)
            return settle_nothing(item, open_items, body.excess)
        return settle_oldest(item, debits, day, body.excess)
    except ExcessPayment as refused:
        can_settle = max(payment.amount - int(refused.params["excess"]), 0)
        amount = format_amount(can_settle, work.get(BOOKS).exponent)
        raise ExcessPayment.at("/amount", open=amount) from None


def _same(body: PaymentIn, posted: Payment, work: Work) -> bool:
    """Whether it is as much money, and for the same documents where the request names them."""
    _check_paid_out(body, work)
    books = work.get(BOOKS)
    targets = _targets(body, books)
    if minor(books, body.amount, "/amount") != posted.amount:
        return False
    if body.allocations is None and body.allocate != "none":
        return True
    own = (
        (each.debit_id, each.amount)
        for each in work.search(ALLOCATIONS_OF_CREDIT, posted.id)
        if each.document_id == posted.id
    )
    return _by_debit(own) == _by_debit(targets)


def _by_debit(amounts: Iterable[tuple[Id, int]]) -> dict[Id, int]:
    by_debit: dict[Id, int] = {}
    for debit_id, amount in amounts:
        by_debit[debit_id] = by_debit.get(debit_id, 0) + amount
    return by_debit


def allocated(allocated: int) -> PaidAmount:
    """What of it is matched with documents."""
    return allocated


def unallocated(amount: int, allocated: int) -> PaidAmount:
    """What of it is not matched with a document yet: a credit of the party."""
    return amount - allocated


def allocations(
    allocations: Sequence[BookedAllocation],
) -> Annotated[tuple[BookedAllocation, ...], PAID_OUT]:
    """What it settles, also what was settled with it since."""
    return tuple(allocations)


def entry_id(entry_id: Id | None) -> EntryId | None:
    """The journal entry that posted it."""
    return entry_id


def document_id(debit_id: Id) -> Annotated[Id, DocumentReference("debit_kind")]:
    """The document that is settled."""
    return debit_id


def _beside_needs(needs: Needs, id_: Id) -> Needs:
    return needs.one(BOOKS).search(ALLOCATIONS_OF_CREDIT, id_).search(ENTRIES_OF, KIND, id_)


def _beside(payment: Payment, work: Work) -> Mapping[str, Any]:
    booked = work.search(ALLOCATIONS_OF_CREDIT, payment.id)
    entries = work.search(ENTRIES_OF, KIND, payment.id)
    return {
        "currency": work.get(BOOKS).currency,
        "allocated": sum(each.amount for each in booked),
        "allocations": sorted(booked, key=lambda each: (each.effective_on, each.id)),
        "entry_id": next((each.id for each in entries if each.reverses_id is None), None),
    }


_SETTLED: Final = View(
    BookedAllocation,
    "PaymentAllocationView",
    without=("id", "document_id", "credit_kind", "credit_id", "debit_kind", "debit_id"),
    computed=[document_id],
)
PAYMENT = Document(
    Noun(
        "payment",
        PAYMENTS,
        document_view(
            Payment,
            computed=[currency, allocated, unallocated, allocations, entry_id],
            inside={"allocations": _SETTLED},
        ),
        "/payments",
        "Money from customers and to suppliers.",
        Access(write="manager accountant cashier", read="buyer viewer"),
        refusals=[
            ExcessPayment,
            OverAllocation,
            AllocationMismatch,
            AllocationStatedTwice,
            *DAY_REFUSALS,
            StepUpRequired,
        ],
    ),
    PaymentIn,
    title="Post a payment",
    series=SERIES,
    needs=_needs,
    post=_post,
    same=_same,
    summary=summary_view(Payment, computed=[currency, allocated, unallocated]),
    beside=Beside(_beside_needs, _beside),
    filters=("contact_id", "direction"),
    facts=("number", "amount", "currency"),
    action=lambda payment: "received" if payment.direction is Direction.IN else "made",
    batch=True,
)
