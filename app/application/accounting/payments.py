"""Payments received from customers and made to suppliers, and what they settle."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from app.application.accounting.contract import (
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
    PAYMENT_BY_REF,
    PAYMENTS,
    RECORDED_PAYMENTS,
)
from app.application.accounting.settlement_views import payment_view
from app.application.accounting.views import DocumentRef
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.documents import check_repeat, document_needs, existing_document
from app.application.shared.guarded import COSTS
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.entries import JournalEntry
from app.domain.accounting.errors import ExcessPayment
from app.domain.accounting.open_items import (
    Excess,
    OpenItem,
    Settlement,
    Side,
    settle_named,
    settle_nothing,
    settle_oldest,
)
from app.domain.accounting.payments import Direction, Payment, PaymentMethod
from app.domain.accounting.periods import Books
from app.domain.shared.clock import business_date
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import IdTaken, PermissionMissing, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import format_amount

_SIDES = {Direction.IN: Side.RECEIVABLE, Direction.OUT: Side.PAYABLE}


@frozen
class Target:
    """A document that the payment is for; ``amount`` is scaled by 10^6."""

    document: DocumentRef
    amount: int


@frozen
class PaymentInput:
    """A payment as asked for; ``amount`` is scaled by 10^6.

    It settles the ``targets``, the oldest debits (``oldest``), or with neither nothing yet.
    ``dated`` tells that the request itself stated ``effective_at``.
    """

    id: Id | None
    external_ref: str | None
    direction: Direction
    contact_id: Id
    method: PaymentMethod
    amount: int
    effective_at: datetime
    dated: bool
    oldest: bool
    targets: tuple[Target, ...] | None
    excess: Excess


def _needs(wish: PaymentInput, _: Principal) -> Needs:
    needs = document_needs(Needs(), PAYMENTS, PAYMENT_BY_REF, wish.id, wish.external_ref)
    needs.one(PARTIES, wish.contact_id)
    if wish.targets is None:
        open_item_needs(needs, wish.contact_id, _SIDES[wish.direction])
    else:
        needs.many(OPEN_ITEMS, {(target.document.id,) for target in wish.targets})
    return posting_needs(needs, wish.effective_at, Series("PAY"))


def _decide(wish: PaymentInput, work: Work) -> Done:
    """Post a payment: in from a customer against receivables, out to a supplier against payables.

    Money that goes back to a customer is the refund of a return, and what comes back from a
    supplier belongs to a supplier return; neither is a payment here.
    """
    if wish.direction is Direction.OUT and COSTS not in work.principal.permissions:
        # What is owed to a supplier tells what goods cost, and so does whether a payment fits.
        raise PermissionMissing(permission=COSTS)
    books = work.get(BOOKS)
    payment = _payment(wish, books, work)
    targets = _targets(wish, books)
    existing = existing_document(work, PAYMENTS, PAYMENT_BY_REF, wish.id, wish.external_ref)
    if existing is not None:
        return _repeated(wish, targets, payment, existing, work)
    debits = _debits(wish, payment.side, work)
    _check_party(wish, debits, work)
    day = open_day(work, wish.effective_at)
    item = payment.open_item()
    try:
        settlement = _settlement(wish, targets, item, debits, work)
    except ExcessPayment as refused:
        can_settle = max(payment.amount - int(refused.params["excess"]), 0)
        amount = format_amount(can_settle, books.exponent)
        raise ExcessPayment.at("/amount", open=amount) from None
    payment = replace(payment, number=next_number(work, Series("PAY"), day))
    work.put(PAYMENTS, payment)
    owe(work, item)
    settle(work, settlement, payment.id)
    entry_id = _post(payment, work)
    _tell(payment, books, work)
    view = payment_view(payment, settlement.allocations, entry_id, books.currency, work.recorded_at)
    return Done(view, 201, f"/api/v1/payments/{view['id']}")


def _payment(wish: PaymentInput, books: Books, work: Work) -> Payment:
    return Payment.new(
        wish.id or work.new_id(),
        direction=wish.direction,
        contact_id=wish.contact_id,
        method=wish.method,
        amount=minor(books, wish.amount, "/amount"),
        effective_at=wish.effective_at,
        effective_on=business_date(wish.effective_at, books.time_zone),
        external_ref=wish.external_ref,
    )


def _targets(wish: PaymentInput, books: Books) -> list[tuple[Id, int]]:
    return [
        (target.document.id, minor(books, target.amount, f"/allocate/{place}/amount"))
        for place, target in enumerate(wish.targets or ())
    ]


def _debits(wish: PaymentInput, side: Side, work: Work) -> list[OpenItem]:
    """The debits that the payment may settle: the named ones, or all of the party."""
    if wish.targets is not None:
        return [_named(target, place, work) for place, target in enumerate(wish.targets)]
    return [each for each in work.search(OPEN_ITEMS_OF, wish.contact_id, side) if each.is_debit]


def _check_party(wish: PaymentInput, debits: list[OpenItem], work: Work) -> None:
    """Let the party pay or be paid: for what is owed in any case, in advance while it is in use."""
    party = work.get(PARTIES, wish.contact_id, pointer="/contact_id")
    if any(each.contact_id == wish.contact_id and each.open for each in debits):
        return
    if wish.direction is Direction.IN:
        party.check_customer("/contact_id")
    else:
        party.check_supplier("/contact_id")


def _settlement(
    wish: PaymentInput,
    targets: list[tuple[Id, int]],
    item: OpenItem,
    debits: list[OpenItem],
    work: Work,
) -> Settlement:
    """What the payment settles: the named documents, the oldest, or nothing yet."""
    if wish.targets is not None:
        return settle_named(item, debits, targets, item.effective_on, wish.excess)
    if wish.oldest:
        return settle_oldest(item, debits, item.effective_on, wish.excess)
    open_items = work.search(OPEN_ITEMS_OF, item.contact_id, item.side)
    return settle_nothing(item, open_items, wish.excess)


def _named(target: Target, place: int, work: Work) -> OpenItem:
    found = work.find(OPEN_ITEMS, target.document.id)
    if found is None or found.document_kind != target.document.kind:
        raise ReferenceNotFound.at(f"/allocate/{place}/document_id")
    return found


def _post(payment: Payment, work: Work) -> Id | None:
    postings = payment.postings(
        money_account_id=account_of(work, payment.money_role),
        control_account_id=account_of(work, payment.control_role),
    )
    return post(
        work,
        postings,
        source_kind=DocumentKind("payment"),
        source_id=payment.id,
        effective_at=payment.effective_at,
        effective_on=payment.effective_on,
    )


def _tell(payment: Payment, books: Books, work: Work) -> None:
    amount = format_amount(payment.amount, books.exponent)
    facts = {"number": payment.number, "amount": amount, "currency": books.currency}
    action = "received" if payment.direction is Direction.IN else "made"
    work.note(action, "payment", payment.id, **facts)
    work.event(f"payment.{action}", payment.id, **facts)


def _repeated(
    wish: PaymentInput,
    targets: list[tuple[Id, int]],
    payment: Payment,
    existing: Payment,
    work: Work,
) -> Done:
    """The payment that this request made before, with all that was settled with it since.

    Raises:
        IdTaken: the id is that of another payment, or it named other documents.
    """
    undated = () if wish.dated else ("effective_at",)
    check_repeat(existing, payment, "number", "effective_on", *undated)
    work.need(shown_needs(existing.id))
    allocations = work.search(ALLOCATIONS_OF_CREDIT, existing.id)
    own = _by_debit(
        (each.debit_id, each.amount) for each in allocations if each.document_id == existing.id
    )
    if not wish.oldest and own != _by_debit(targets):
        raise IdTaken.at("/id")
    recorded = work.find(RECORDED_PAYMENTS, existing.id)
    view = payment_view(
        existing,
        allocations,
        entry_id_of(work.search(ENTRIES_OF, DocumentKind("payment"), existing.id)),
        work.get(BOOKS).currency,
        work.recorded_at if recorded is None else recorded.recorded_at,
    )
    return Done(view, 200)


def _by_debit(amounts: Iterable[tuple[Id, int]]) -> dict[Id, int]:
    by_debit: dict[Id, int] = {}
    for debit_id, amount in amounts:
        by_debit[debit_id] = by_debit.get(debit_id, 0) + amount
    return by_debit


def shown_needs(payment_id: Id) -> Needs:
    """What the view of a payment shows beside the payment."""
    needs = Needs().one(BOOKS).one(RECORDED_PAYMENTS, payment_id)
    needs.search(ENTRIES_OF, DocumentKind("payment"), payment_id)
    return needs.search(ALLOCATIONS_OF_CREDIT, payment_id)


def entry_id_of(entries: Iterable[JournalEntry]) -> Id | None:
    """The entry that a document posted, among all that belong to it."""
    return next((entry.id for entry in entries if entry.reverses_id is None), None)


CREATE_PAYMENT = Command("payments.create", "payments:write", _needs, _decide, key_required=True)
