"""/payments: money from customers and to suppliers."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.v1.accounting.references import AnyDocumentId, Key, PaymentId
from app.api.wire import Amount, AmountAboveZero, ContactId, ExternalRef, Instant, Schema
from app.application.accounting.payments import (
    CREATE_PAYMENT,
    PaymentInput,
    Target,
    entry_id_of,
    shown_needs,
)
from app.application.accounting.ports import (
    ALLOCATIONS_OF_CREDIT,
    BOOKS,
    ENTRIES_OF,
    PAYMENT_LIST,
    PAYMENTS,
    RECORDED_PAYMENTS,
)
from app.application.accounting.settlement_views import PaymentSummary, PaymentView, payment_view
from app.domain.accounting.errors import (
    AllocationMismatch,
    ExcessPayment,
    OverAllocation,
    PeriodClosed,
    PeriodLocked,
)
from app.domain.accounting.open_items import Excess
from app.domain.accounting.payments import Direction, PaymentMethod
from app.domain.identity.factors.errors import StepUpRequired
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound

TARGETS_MAX = 2000

router = v1_router("/payments", tags=["payments"])
_READ, _WRITE = permission("payments:read"), permission("payments:write")


class TargetIn(Schema):
    """A document that the payment settles, and how much of it."""

    document_id: AnyDocumentId
    amount: Amount


Targets = Annotated[list[TargetIn], Field(min_length=1, max_length=TARGETS_MAX)]


class PaymentIn(Schema):
    """A payment; ``in`` comes from a customer, ``out`` goes to a supplier.

    It settles the oldest open documents, none, or those that are named. What is left is refused
    unless ``excess`` lets it stay as a credit.
    """

    id: PaymentId | None = None
    external_ref: ExternalRef | None = None
    direction: Literal["in", "out"]
    contact_id: ContactId
    method: Literal["bank", "cash", "card"]
    amount: AmountAboveZero
    effective_at: Instant | None = None
    allocate: Literal["oldest", "none"] | Targets = "oldest"
    excess: Literal["refuse", "credit"] = "refuse"

    def wish(self, http: Http) -> PaymentInput:
        """The command's input."""
        targets = None
        if not isinstance(self.allocate, str):
            targets = tuple(Target(each.document_id, each.amount) for each in self.allocate)
        return PaymentInput(
            id=self.id,
            external_ref=self.external_ref,
            direction=Direction(self.direction),
            contact_id=self.contact_id,
            method=PaymentMethod(self.method),
            amount=self.amount,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            oldest=self.allocate == "oldest",
            targets=targets,
            excess=Excess(self.excess),
        )


class PaymentItem(PaymentIn):
    """A payment of a batch."""

    idempotency_key: Key


class PaymentBatch(Schema):
    """Up to 100 payments in order; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[PaymentItem], Field(min_length=1, max_length=BATCH_MAX)]


_REFUSALS = (
    IdTaken,
    ExternalRefTaken,
    ExcessPayment,
    OverAllocation,
    AllocationMismatch,
    PeriodClosed,
    PeriodLocked,
    StepUpRequired,
    ConcurrentChange,
)


def _check_payout(http: Http, *payments: PaymentIn) -> None:
    if http.principal.step_up_for_payouts and any(each.direction == "out" for each in payments):
        http.require_step_up()


@router.post(
    "",
    summary="Post a payment",
    openapi_extra=_WRITE,
    responses=answers(PaymentView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_payment(http: CommandCaller, body: PaymentIn) -> Response:
    """Record money received or paid, and settle what it is for.

    Where the company asks for it, whoever pays a supplier has proved himself a moment ago.
    """
    _check_payout(http, body)
    return await http.run(CREATE_PAYMENT, body.wish(http))


@router.post(
    "/batch",
    summary="Post payments in a batch",
    openapi_extra=_WRITE | BATCH,
    responses=batched(PaymentView, *_REFUSALS),
)
async def batch_payments(http: CommandCaller, body: PaymentBatch) -> Response:
    """Post payments in their order; each is answered for itself."""
    _check_payout(http, *body.items)
    items = [(item.idempotency_key, item.wish(http)) for item in body.items]
    return await http.run_batch(CREATE_PAYMENT, items, atomic=body.atomic)


@router.get(
    "", summary="List payments", openapi_extra=_READ, responses=listed(PaymentSummary, PAYMENT_LIST)
)
async def list_payments(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    contact_id: ContactId | None = None,
    direction: Direction | None = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Payments by business day, each with what is left of it."""
    return await http.list(
        PAYMENT_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        contact_id=contact_id,
        direction=direction,
        external_ref=external_ref,
    )


@router.get(
    "/{id}",
    summary="Show a payment",
    openapi_extra=_READ,
    responses=answers(PaymentView, 200, NotFound),
)
async def show_payment(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
    """A payment with all that was settled with it since."""
    payment_id = http.id_of("pay", id)
    loaded = await http.load(shown_needs(payment_id).one(PAYMENTS, payment_id))
    payment = loaded.present[PAYMENTS].get((payment_id,))
    if payment is None:
        raise NotFound
    allocations = loaded.results(ALLOCATIONS_OF_CREDIT, payment_id)
    view = payment_view(
        payment,
        allocations,
        entry_id_of(loaded.results(ENTRIES_OF, DocumentKind("payment"), payment_id)),
        loaded.present[BOOKS][()].currency,
        loaded.present[RECORDED_PAYMENTS][payment_id,].recorded_at,
    )
    return http.answer(view)
