"""/receipts/{id}/return and /supplier-returns: goods that go back to suppliers."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import ContactId, ExternalRef, Instant, Quantity, Schema, reference
from app.application.purchasing.ports import SUPPLIER_RETURN_LIST, SUPPLIER_RETURNS
from app.application.purchasing.supplier_returns import (
    RETURN_RECEIPT,
    ReturnedLineInput,
    SupplierReturnInput,
)
from app.application.purchasing.views import (
    SupplierReturnSummary,
    SupplierReturnView,
    supplier_return_view,
)
from app.domain.accounting.errors import PeriodClosed, PeriodLocked
from app.domain.inventory.errors import Backdated, InsufficientStock
from app.domain.purchasing.errors import OverReturned
from app.domain.purchasing.receipts import LINES_MAX
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound
from app.domain.shared.ids import Id

router = v1_router(tags=["receipts"])
_READ, _WRITE = permission("receipts:read"), permission("receipts:write")

SupplierReturnId: Any = reference("srt")
ReceiptId: Any = reference("rcp")


class ReturnedLineIn(Schema):
    """A line of the receipt, and how much of it goes back."""

    line: Annotated[int, Field(ge=1, le=LINES_MAX)]
    quantity: Quantity


class SupplierReturnIn(Schema):
    """Goods of one receipt that go back to the supplier."""

    id: SupplierReturnId | None = None
    external_ref: ExternalRef | None = None
    effective_at: Instant | None = None
    lines: Annotated[list[ReturnedLineIn], Field(min_length=1, max_length=LINES_MAX)]

    def wish(self, http: Http, receipt_id: Id) -> SupplierReturnInput:
        """The command's input."""
        return SupplierReturnInput(
            id=self.id,
            external_ref=self.external_ref,
            receipt_id=receipt_id,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            lines=tuple(ReturnedLineInput(line.line, line.quantity) for line in self.lines),
        )


_REFUSALS = (
    NotFound,
    IdTaken,
    ExternalRefTaken,
    OverReturned,
    InsufficientStock,
    Backdated,
    PeriodClosed,
    PeriodLocked,
    ConcurrentChange,
)


@router.post(
    "/receipts/{id}/return",
    summary="Send goods back",
    openapi_extra=_WRITE,
    responses=answers(SupplierReturnView, 201, *_REFUSALS, body=True, keyed=True),
)
async def return_receipt(http: CommandCaller, id: IdPath, body: SupplierReturnIn) -> Response:  # noqa: A002
    """Send goods of a receipt back to their supplier.

    What was not billed yet goes back first and is no longer expected to be billed. Goods that were
    billed become a credit of the supplier, at the price and tax of their bill.
    """
    return await http.run(RETURN_RECEIPT, body.wish(http, http.id_of("rcp", id)))


@router.get(
    "/supplier-returns",
    summary="List returns to suppliers",
    openapi_extra=_READ,
    responses=listed(SupplierReturnSummary, SUPPLIER_RETURN_LIST),
)
async def list_supplier_returns(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    supplier_id: ContactId | None = None,
    receipt_id: ReceiptId | None = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Returns to suppliers by business day, without their lines."""
    return await http.list(
        SUPPLIER_RETURN_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        supplier_id=supplier_id,
        receipt_id=receipt_id,
        external_ref=external_ref,
    )


@router.get(
    "/supplier-returns/{id}",
    summary="Show a return to a supplier",
    openapi_extra=_READ,
    responses=answers(SupplierReturnView, 200, NotFound),
)
async def show_supplier_return(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """A return to a supplier with its lines."""
    return await http.object(SUPPLIER_RETURNS, (http.id_of("srt", id),), supplier_return_view)
