"""/returns: goods and services taken back."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import answers, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.wire import (
    ContactId,
    ExternalRef,
    Instant,
    LocationId,
    ProductId,
    Quantity,
    ReturnId,
    SaleId,
    Schema,
    TaxId,
    Text128,
    UnitPrice,
)
from app.application.sales.ports import RETURN_LIST, RETURNS
from app.application.sales.return_lines import ReturnLineInput
from app.application.sales.returns import CREATE_RETURN, ReturnInput
from app.application.sales.views import ReturnView, SaleSummary, return_view
from app.domain.inventory.errors import Backdated
from app.domain.sales.errors import OverReturn
from app.domain.sales.sale import LINES_MAX, TenderMethod
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound

router = v1_router("/returns", tags=["returns"])
_READ, _WRITE = permission("returns:read"), permission("returns:write")


# The two forms of a line as JSON Schema says them; a null states nothing, except of the tax. Client
# generators understand no `oneOf` beside the members, and leave conditions to the service.
_STATES_SALE: JsonValue = {"required": ["sale_id"], "properties": {"sale_id": {"type": "string"}}}
_OF_SALE: JsonValue = {
    "required": ["line"],
    "properties": {
        "line": {"type": "integer"},
        "product_id": {"type": "null"},
        "unit_price": {"type": "null"},
        "unit_cost": {"type": "null"},
        "tax_id": False,
    },
}
_OF_PRODUCT: JsonValue = {
    "required": ["product_id", "unit_price"],
    "properties": {
        "line": {"type": "null"},
        "product_id": {"type": "string"},
        "unit_price": {"type": "string"},
    },
}
_FORMS: dict[str, JsonValue] = {"if": _STATES_SALE, "then": _OF_SALE, "else": _OF_PRODUCT}


class ReturnLineIn(Schema):
    """Either ``sale_id`` and ``line``, or ``product_id`` with its ``unit_price``."""

    model_config = ConfigDict(json_schema_extra=_FORMS)

    quantity: Quantity
    sale_id: SaleId | None = None
    line: Annotated[int, Field(ge=1, le=LINES_MAX)] | None = None
    product_id: ProductId | None = None
    unit_price: UnitPrice | None = None
    unit_cost: UnitPrice | None = None
    tax_id: TaxId | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "ReturnLineIn":
        of_sale = {"sale_id", "line"}
        of_product = {"product_id", "unit_price"}
        # A null states nothing, except of the tax: there it means none.
        given = {
            name
            for name in self.model_fields_set - {"quantity"}
            if name == "tax_id" or getattr(self, name) is not None
        }
        linked = given == of_sale
        unlinked = of_product <= given <= of_product | {"unit_cost", "tax_id"}
        if not (linked or unlinked):
            raise PydanticCustomError("validation.return_line", "a sale line or a product")
        return self

    def wish(self) -> ReturnLineInput:
        """The command's input."""
        return ReturnLineInput(
            quantity=self.quantity,
            sale_id=self.sale_id,
            sale_line=self.line or 0,
            product_id=self.product_id,
            unit_price=self.unit_price or 0,
            unit_cost=self.unit_cost,
            own_tax="tax_id" in self.model_fields_set,
            tax_id=self.tax_id,
        )


class RefundIn(Schema):
    """How the money goes back."""

    method: Literal["cash", "card", "on_account"]


class ReturnIn(Schema):
    """Goods or services taken back; on account they become a credit of the customer."""

    id: ReturnId | None = None
    external_ref: ExternalRef | None = None
    location_id: LocationId
    customer_id: ContactId | None = None
    effective_at: Instant | None = None
    lines: Annotated[list[ReturnLineIn], Field(min_length=1, max_length=LINES_MAX)]
    refund: RefundIn
    allocate: Literal["oldest", "none"] = "none"

    def wish(self, http: Http) -> ReturnInput:
        """The command's input."""
        return ReturnInput(
            id=self.id,
            external_ref=self.external_ref,
            location_id=self.location_id,
            customer_id=self.customer_id,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            lines=tuple(line.wish() for line in self.lines),
            refund=TenderMethod(self.refund.method),
            settle=self.allocate == "oldest",
        )


class ReturnItem(ReturnIn):
    """A return of a batch."""

    idempotency_key: Text128


class ReturnBatch(Schema):
    """Up to 100 returns in order; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[ReturnItem], Field(min_length=1, max_length=BATCH_MAX)]


_REFUSALS = (IdTaken, ExternalRefTaken, OverReturn, Backdated, ConcurrentChange)


@router.post(
    "",
    summary="Take goods back",
    openapi_extra=_WRITE,
    responses=answers(ReturnView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_return(http: CommandCaller, body: ReturnIn) -> Response:
    """Take back lines of sales at their original price, tax and cost, or goods without a sale."""
    return await http.run(CREATE_RETURN, body.wish(http))


@router.post(
    "/batch",
    summary="Take goods back in a batch",
    openapi_extra=_WRITE | BATCH,
    responses=batched(ReturnView, *_REFUSALS),
)
async def batch_returns(http: CommandCaller, body: ReturnBatch) -> Response:
    """Post returns in their order; each is answered for itself."""
    items = [(item.idempotency_key, item.wish(http)) for item in body.items]
    return await http.run_batch(CREATE_RETURN, items, atomic=body.atomic)


@router.get(
    "", summary="List returns", openapi_extra=_READ, responses=listed(SaleSummary, RETURN_LIST)
)
async def list_returns(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    customer_id: ContactId | None = None,
    location_id: LocationId | None = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Returns by business day, without their lines."""
    return await http.list(
        RETURN_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        customer_id=customer_id,
        location_id=location_id,
        external_ref=external_ref,
    )


@router.get(
    "/{id}",
    summary="Show a return",
    openapi_extra=_READ,
    responses=answers(ReturnView, 200, NotFound),
)
async def show_return(http: Caller, id: Annotated[str, Path(max_length=40)]) -> Response:  # noqa: A002
    """A return with its lines."""
    return await http.object(RETURNS, (http.id_of("ret", id),), return_view)
