"""/bills: what suppliers charge for goods received."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.api.deps import Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import (
    ContactId,
    ExternalRef,
    Instant,
    Quantity,
    Schema,
    TaxId,
    UnitPrice,
    reference,
)
from app.application.purchasing.bills import CREATE_BILL, BillInput, BillLineInput
from app.application.purchasing.ports import BILL_LIST, BILLS
from app.application.purchasing.views import BillSummary, BillView, bill_view
from app.domain.accounting.errors import PeriodClosed, PeriodLocked
from app.domain.inventory.errors import Backdated
from app.domain.purchasing.errors import OverBilled, SupplierNumberTaken
from app.domain.purchasing.receipts import LINES_MAX
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound

router = v1_router("/bills", tags=["bills"])
_READ, _WRITE = permission("bills:read"), permission("bills:write")
_DAY = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)

BillId: Any = reference("bil")
ReceiptId: Any = reference("rcp")


def _day(value: Any) -> date:
    wrong = PydanticCustomError("validation.date", "a date such as 2026-03-31 is expected")
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise wrong
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise wrong from None


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-31"]}),
]


class BillLineIn(Schema):
    """Goods of a receipt line, at the price of one unit.

    The product's tax code for purchases applies unless one is stated; a null tax means none.
    """

    receipt_id: ReceiptId
    receipt_line: Annotated[int, Field(ge=1, le=LINES_MAX)]
    quantity: Quantity
    unit_price: UnitPrice
    tax_id: TaxId | None = None


class BillIn(Schema):
    """A bill of a supplier, under the number that the supplier gave it."""

    id: BillId | None = None
    external_ref: ExternalRef | None = None
    supplier_id: ContactId
    supplier_number: ExternalRef
    effective_at: Instant | None = None
    due_on: Day | None = None
    lines: Annotated[list[BillLineIn], Field(min_length=1, max_length=LINES_MAX)]

    def wish(self, http: Http) -> BillInput:
        """The command's input."""
        return BillInput(
            id=self.id,
            external_ref=self.external_ref,
            supplier_id=self.supplier_id,
            supplier_number=self.supplier_number,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            due_on=self.due_on,
            lines=tuple(
                BillLineInput(
                    line.receipt_id,
                    line.receipt_line,
                    line.quantity,
                    line.unit_price,
                    "tax_id" in line.model_fields_set,
                    line.tax_id,
                )
                for line in self.lines
            ),
        )


_REFUSALS = (
    IdTaken,
    ExternalRefTaken,
    SupplierNumberTaken,
    OverBilled,
    Backdated,
    PeriodClosed,
    PeriodLocked,
    ConcurrentChange,
)


@router.post(
    "",
    summary="Book a bill",
    openapi_extra=_WRITE,
    responses=answers(BillView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_bill(http: CommandCaller, body: BillIn) -> Response:
    """Match a bill to receipts: clear what was received, book tax, difference and payable.

    A price that differs from the receipt's changes the value of the goods on hand and the cost of
    those sold, or goes to the price variance, as the company has chosen.
    """
    return await http.run(CREATE_BILL, body.wish(http))


@router.get("", summary="List bills", openapi_extra=_READ, responses=listed(BillSummary, BILL_LIST))
async def list_bills(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    supplier_id: ContactId | None = None,
    supplier_number: Annotated[str | None, Query(max_length=100)] = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Bills by business day, without their lines."""
    return await http.list(
        BILL_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        supplier_id=supplier_id,
        supplier_number=supplier_number,
        external_ref=external_ref,
    )


@router.get(
    "/{id}", summary="Show a bill", openapi_extra=_READ, responses=answers(BillView, 200, NotFound)
)
async def show_bill(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
    """A bill with its lines."""
    return await http.object(BILLS, (http.id_of("bil", id),), bill_view)
