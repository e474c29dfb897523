"""/adjustments: stock found, lost, spoiled, counted or brought along at the start."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.wire import (
    ExternalRef,
    Instant,
    LocationId,
    ProductId,
    Schema,
    SignedQuantity,
    UnitPrice,
    reference,
    text,
)
from app.application.inventory.adjustments import CREATE_ADJUSTMENT, AdjustmentInput
from app.application.inventory.ports import ADJUSTMENT_LIST, ADJUSTMENTS
from app.application.inventory.views import AdjustmentSummary, AdjustmentView, adjustment_view
from app.domain.accounting.errors import PeriodClosed, PeriodLocked
from app.domain.inventory.adjustments import (
    LINES_MAX,
    MEMO_LENGTH_MAX,
    AdjustmentLine,
    AdjustmentReason,
)
from app.domain.inventory.errors import Backdated, InsufficientStock, UnitCostNeeded
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound

router = v1_router("/adjustments", tags=["adjustments"])
_READ, _WRITE = permission("adjustments:read"), permission("adjustments:write")

AdjustmentId: Any = reference("adj")
Memo: Any = text(MEMO_LENGTH_MAX, length_min=0)
IdempotencyKey: Any = text(128)
Reason = Literal["correction", "damage", "theft", "found", "count", "opening"]


class AdjustmentLineIn(Schema):
    """Goods that came (above zero) or went. What comes may state its cost of one unit."""

    product_id: ProductId
    quantity: SignedQuantity
    unit_cost: UnitPrice | None = None


class AdjustmentIn(Schema):
    """A correction of the stock at a location."""

    id: AdjustmentId | None = None
    external_ref: ExternalRef | None = None
    location_id: LocationId
    effective_at: Instant | None = None
    reason: Reason
    memo: Memo = ""
    lines: Annotated[list[AdjustmentLineIn], Field(min_length=1, max_length=LINES_MAX)]

    def wish(self, http: Http) -> AdjustmentInput:
        """The command's input."""
        return AdjustmentInput(
            id=self.id,
            external_ref=self.external_ref,
            location_id=self.location_id,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            reason=AdjustmentReason(self.reason),
            memo=self.memo,
            lines=tuple(
                AdjustmentLine(number, line.product_id, line.quantity, line.unit_cost)
                for number, line in enumerate(self.lines, start=1)
            ),
        )


class AdjustmentItem(AdjustmentIn):
    """An adjustment of a batch."""

    idempotency_key: IdempotencyKey


class AdjustmentBatch(Schema):
    """Up to 100 adjustments in order; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[AdjustmentItem], Field(min_length=1, max_length=BATCH_MAX)]


_REFUSALS = (
    IdTaken,
    ExternalRefTaken,
    InsufficientStock,
    UnitCostNeeded,
    Backdated,
    PeriodClosed,
    PeriodLocked,
    ConcurrentChange,
)


@router.post(
    "",
    summary="Adjust the stock",
    openapi_extra=_WRITE,
    responses=answers(AdjustmentView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_adjustment(http: CommandCaller, body: AdjustmentIn) -> Response:
    """Correct what lies at a location, with its value, in one entry.

    Goods come in at the stated cost, else at the current one, else at the last known. What comes in
    is taken first, so a loss of the same request finds it.
    """
    return await http.run(CREATE_ADJUSTMENT, body.wish(http))


@router.post(
    "/batch",
    summary="Adjust the stock in a batch",
    openapi_extra=_WRITE | BATCH,
    responses=batched(AdjustmentView, *_REFUSALS),
)
async def batch_adjustments(http: CommandCaller, body: AdjustmentBatch) -> Response:
    """Post adjustments in their order; each is answered for itself."""
    items = [(item.idempotency_key, item.wish(http)) for item in body.items]
    return await http.run_batch(CREATE_ADJUSTMENT, items, atomic=body.atomic)


@router.get(
    "",
    summary="List adjustments",
    openapi_extra=_READ,
    responses=listed(AdjustmentSummary, ADJUSTMENT_LIST),
)
async def list_adjustments(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    location_id: LocationId | None = None,
    reason: Reason | None = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Adjustments by business day, without their lines."""
    return await http.list(
        ADJUSTMENT_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        location_id=location_id,
        reason=reason,
        external_ref=external_ref,
    )


@router.get(
    "/{id}",
    summary="Show an adjustment",
    openapi_extra=_READ,
    responses=answers(AdjustmentView, 200, NotFound),
)
async def show_adjustment(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
    """An adjustment with its lines."""
    return await http.object(ADJUSTMENTS, (http.id_of("adj", id),), adjustment_view)
