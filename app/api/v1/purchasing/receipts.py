"""/receipts: goods that suppliers bring."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.wire import (
    ContactId,
    ExternalRef,
    Instant,
    LocationId,
    ProductId,
    Quantity,
    Schema,
    UnitPrice,
    reference,
    text,
)
from app.application.purchasing.ports import PROGRESS_OF_RECEIPT, RECEIPT_LIST, RECEIPTS
from app.application.purchasing.receipts import CREATE_RECEIPT, ReceiptInput, ReceiptLineInput
from app.application.purchasing.views import ReceiptSummary, ReceiptView, receipt_view
from app.application.shared.kinds import Needs
from app.domain.accounting.errors import PeriodClosed, PeriodLocked
from app.domain.inventory.errors import Backdated
from app.domain.purchasing.receipts import LINES_MAX
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound

router = v1_router("/receipts", tags=["receipts"])
_READ, _WRITE = permission("receipts:read"), permission("receipts:write")

ReceiptId: Any = reference("rcp")
Key: Any = text(128)


class ReceiptLineIn(Schema):
    """Goods of one product, at the cost of one unit."""

    product_id: ProductId
    quantity: Quantity
    unit_cost: UnitPrice


class ReceiptIn(Schema):
    """Goods that a supplier brought to a location, to be billed later."""

    id: ReceiptId | None = None
    external_ref: ExternalRef | None = None
    supplier_id: ContactId
    location_id: LocationId
    effective_at: Instant | None = None
    lines: Annotated[list[ReceiptLineIn], Field(min_length=1, max_length=LINES_MAX)]

    def wish(self, http: Http) -> ReceiptInput:
        """The command's input."""
        return ReceiptInput(
            id=self.id,
            external_ref=self.external_ref,
            supplier_id=self.supplier_id,
            location_id=self.location_id,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            lines=tuple(
                ReceiptLineInput(line.product_id, line.quantity, line.unit_cost)
                for line in self.lines
            ),
        )


class ReceiptItem(ReceiptIn):
    """A receipt of a batch."""

    idempotency_key: Key


class ReceiptBatch(Schema):
    """Up to 100 receipts in order; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[ReceiptItem], Field(min_length=1, max_length=BATCH_MAX)]


_REFUSALS = (IdTaken, ExternalRefTaken, Backdated, PeriodClosed, PeriodLocked, ConcurrentChange)


@router.post(
    "",
    summary="Receive goods",
    openapi_extra=_WRITE,
    responses=answers(ReceiptView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_receipt(http: CommandCaller, body: ReceiptIn) -> Response:
    """Take goods into stock at their cost, against goods received not invoiced."""
    return await http.run(CREATE_RECEIPT, body.wish(http))


@router.post(
    "/batch",
    summary="Receive goods in a batch",
    openapi_extra=_WRITE | BATCH,
    responses=batched(ReceiptView, *_REFUSALS),
)
async def batch_receipts(http: CommandCaller, body: ReceiptBatch) -> Response:
    """Post receipts in their order; each is answered for itself."""
    items = [(item.idempotency_key, item.wish(http)) for item in body.items]
    return await http.run_batch(CREATE_RECEIPT, items, atomic=body.atomic)


@router.get(
    "", summary="List receipts", openapi_extra=_READ, responses=listed(ReceiptSummary, RECEIPT_LIST)
)
async def list_receipts(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    supplier_id: ContactId | None = None,
    location_id: LocationId | None = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Receipts by business day, without their lines."""
    return await http.list(
        RECEIPT_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        supplier_id=supplier_id,
        location_id=location_id,
        external_ref=external_ref,
    )


@router.get(
    "/{id}",
    summary="Show a receipt",
    openapi_extra=_READ,
    responses=answers(ReceiptView, 200, NotFound),
)
async def show_receipt(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
    """A receipt with its lines, and what was billed and sent back of each."""
    receipt_id = http.id_of("rcp", id)
    needs = Needs().one(RECEIPTS, receipt_id).search(PROGRESS_OF_RECEIPT, receipt_id)
    loaded = await http.load(needs)
    receipt = loaded.present.get(RECEIPTS, {}).get((receipt_id,))
    if receipt is None:
        raise NotFound
    progress = {each.line: each for each in loaded.results(PROGRESS_OF_RECEIPT, receipt_id)}
    return http.answer(receipt_view(receipt, progress))
