"""/sales: counter sales."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import answers, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.wire import (
    Amount,
    ContactId,
    ExternalRef,
    Instant,
    LocationId,
    Percent,
    ProductId,
    Quantity,
    SaleId,
    Schema,
    TaxId,
    Text128,
    Text200OrEmpty,
    UnitPrice,
)
from app.application.sales.ports import RETURNED_OF_SALE, SALE_LIST, SALES
from app.application.sales.sales import CREATE_SALE, LineInput, SaleInput
from app.application.sales.views import SaleSummary, SaleView, sale_view
from app.application.shared.kinds import Needs
from app.domain.inventory.errors import Backdated, InsufficientStock
from app.domain.sales.sale import LINES_MAX, TENDERS_MAX, TenderMethod
from app.domain.shared.errors import ConcurrentChange, ExternalRefTaken, IdTaken, NotFound

router = v1_router("/sales", tags=["sales"])
_READ, _WRITE = permission("sales:read"), permission("sales:write")


class SaleLineIn(Schema):
    """A line: the list price and the product's tax apply unless stated; a null tax means none."""

    product_id: ProductId
    quantity: Quantity
    unit_price: UnitPrice | None = None
    discount_percent: Percent | None = None
    discount_amount: Amount | None = None
    tax_id: TaxId | None = None
    description: Text200OrEmpty = ""


class DiscountIn(Schema):
    """A discount on the whole sale, spread over its lines before tax."""

    percent: Percent | None = None
    amount: Amount | None = None


class TenderIn(Schema):
    """A payment; one of them may leave out its amount and takes what the others leave."""

    method: Literal["cash", "card", "on_account"]
    amount: Amount | None = None


class SaleIn(Schema):
    """A sale over the counter, paid or on account."""

    id: SaleId | None = None
    external_ref: ExternalRef | None = None
    location_id: LocationId
    customer_id: ContactId | None = None
    effective_at: Instant | None = None
    lines: Annotated[list[SaleLineIn], Field(min_length=1, max_length=LINES_MAX)]
    discount: DiscountIn | None = None
    tenders: Annotated[list[TenderIn], Field(max_length=TENDERS_MAX, default_factory=list)]

    def wish(self, http: Http) -> SaleInput:
        """The command's input."""
        discount = self.discount
        return SaleInput(
            id=self.id,
            external_ref=self.external_ref,
            location_id=self.location_id,
            customer_id=self.customer_id,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            lines=tuple(
                LineInput(
                    line.product_id,
                    line.quantity,
                    line.unit_price,
                    line.discount_percent,
                    line.discount_amount,
                    "tax_id" in line.model_fields_set,
                    line.tax_id,
                    line.description,
                )
                for line in self.lines
            ),
            discount_percent=None if discount is None else discount.percent,
            discount_amount=None if discount is None else discount.amount,
            tenders=tuple((TenderMethod(each.method), each.amount) for each in self.tenders),
        )


class SaleItem(SaleIn):
    """A sale of a batch."""

    idempotency_key: Text128


class SaleBatch(Schema):
    """Up to 100 sales in order; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[SaleItem], Field(min_length=1, max_length=BATCH_MAX)]


_REFUSALS = (IdTaken, ExternalRefTaken, InsufficientStock, Backdated, ConcurrentChange)


@router.post(
    "",
    summary="Sell over the counter",
    openapi_extra=_WRITE,
    responses=answers(SaleView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_sale(http: CommandCaller, body: SaleIn) -> Response:
    """Sell goods and services: stock, cost, tax, payment and books in one transaction."""
    return await http.run(CREATE_SALE, body.wish(http))


@router.post(
    "/batch",
    summary="Sell in a batch",
    openapi_extra=_WRITE | BATCH,
    responses=batched(SaleView, *_REFUSALS),
)
async def batch_sales(http: CommandCaller, body: SaleBatch) -> Response:
    """Post sales in their order; each is answered for itself."""
    items = [(item.idempotency_key, item.wish(http)) for item in body.items]
    return await http.run_batch(CREATE_SALE, items, atomic=body.atomic)


@router.get("", summary="List sales", openapi_extra=_READ, responses=listed(SaleSummary, SALE_LIST))
async def list_sales(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    customer_id: ContactId | None = None,
    location_id: LocationId | None = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Sales by business day, without their lines."""
    return await http.list(
        SALE_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        customer_id=customer_id,
        location_id=location_id,
        external_ref=external_ref,
    )


@router.get(
    "/{id}",
    summary="Show a sale",
    openapi_extra=_READ,
    responses=answers(SaleView, 200, NotFound),
)
async def show_sale(http: Caller, id: Annotated[str, Path(max_length=40)]) -> Response:  # noqa: A002
    """A sale with its lines and what came back of each."""
    sale_id = http.id_of("sal", id)
    needs = Needs().one(SALES, sale_id).search(RETURNED_OF_SALE, sale_id)
    loaded = await http.load(needs)
    sale = loaded.present.get(SALES, {}).get((sale_id,))
    if sale is None:
        raise NotFound
    returned = {each.line: each.quantity for each in loaded.results(RETURNED_OF_SALE, sale_id)}
    return http.answer(sale_view(sale, returned))
