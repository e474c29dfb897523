"""/products: goods and services."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller
from app.api.masters import add_master, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.wire import (
    ABSENT,
    AccountId,
    CategoryId,
    Instant,
    LocationId,
    ProductId,
    Quantity,
    Schema,
    TaxId,
    Text48,
    Text64,
    Text128,
    Text200,
    Text2000OrEmpty,
    UnitId,
    UnitPrice,
)
from app.application.catalog.ports import PRODUCT_LIST
from app.application.catalog.products import (
    ACTIVATE_PRODUCT,
    CREATE_PRODUCT,
    DEACTIVATE_PRODUCT,
    EDIT_PRODUCT,
    PRODUCT,
)
from app.application.catalog.views import ProductView
from app.application.processes.stocked_product import CREATE_STOCKED_PRODUCT, StockedProduct
from app.domain.catalog.product import Costing, ProductKind
from app.domain.shared.texts import folded

router = v1_router("/products", tags=["products"])


class ProductIn(Schema):
    """A new product. ``costing`` matters for goods only."""

    id: ProductId | None = None
    sku: Text64
    name: Text200
    description: Text2000OrEmpty = ""
    barcode: Text48 | None = None
    kind: Literal["goods", "service"] = "goods"
    unit_id: UnitId
    category_id: CategoryId | None = None
    price: UnitPrice | None = None
    tax_id: TaxId | None = None
    purchase_tax_id: TaxId | None = None
    costing: Literal["average", "fifo"] = "average"
    revenue_account_id: AccountId | None = None
    return_account_id: AccountId | None = None

    def members(self) -> dict[str, Any]:
        """The fields of the aggregate."""
        names = ProductIn.model_fields.keys() - {"id"}
        members = {name: getattr(self, name) for name in names}
        return members | {"kind": ProductKind(self.kind), "costing": Costing(self.costing)}


class ProductPatch(Schema):
    """What may change; kind, unit and costing stay, because stock is counted and valued in them."""

    sku: Text64 = ABSENT
    name: Text200 = ABSENT
    description: Text2000OrEmpty = ABSENT
    barcode: Text48 | None = ABSENT
    category_id: CategoryId | None = ABSENT
    price: UnitPrice | None = ABSENT
    tax_id: TaxId | None = ABSENT
    purchase_tax_id: TaxId | None = ABSENT
    revenue_account_id: AccountId | None = ABSENT
    return_account_id: AccountId | None = ABSENT


class OpeningStockIn(Schema):
    """What is on hand when the books begin, at cost."""

    location_id: LocationId
    quantity: Quantity
    unit_cost: UnitPrice
    effective_at: Instant | None = None


class ProductItem(ProductIn):
    """A product of a batch, with its opening stock."""

    idempotency_key: Text128
    opening_stock: OpeningStockIn | None = None

    def wish(self, now: datetime) -> StockedProduct:
        """The command's input; stock that states no time is there as of ``now``."""
        stock = self.opening_stock
        opening = None if stock is None else stock.model_dump()
        if opening is not None and opening["effective_at"] is None:
            opening["effective_at"] = now
        return StockedProduct(self.id, self.members(), opening)


class ProductBatch(Schema):
    """Up to 100 products; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[ProductItem], Field(min_length=1, max_length=BATCH_MAX)]


@router.post(
    "/batch",
    summary="Create products",
    openapi_extra=permission("products:write") | BATCH,
    responses=batched(ProductView),
)
async def batch_products(http: CommandCaller, body: ProductBatch) -> Response:
    """Create products with their opening stock; each item is answered for itself, in order.

    Opening stock at one location as of one instant is one adjustment with a line for each product.
    """
    now = http.now()
    items = [(item.idempotency_key, item.wish(now)) for item in body.items]
    return await http.run_batch(CREATE_STOCKED_PRODUCT, items, atomic=body.atomic)


add_master(
    router,
    PRODUCT,
    ProductView,
    new=ProductIn,
    patch=ProductPatch,
    create=CREATE_PRODUCT,
    edit=EDIT_PRODUCT,
    activate=ACTIVATE_PRODUCT,
    deactivate=DEACTIVATE_PRODUCT,
)


@router.get(
    "",
    summary="List products",
    openapi_extra=permission("products:read"),
    responses=listed(ProductView, PRODUCT_LIST),
)
async def list_products(
    http: Caller,
    page: PageQuery,
    q: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    sku: Annotated[str | None, Query(max_length=64)] = None,
    barcode: Annotated[str | None, Query(max_length=48)] = None,
    kind: Literal["goods", "service"] | None = None,
    category_id: CategoryId | None = None,
    active: bool | None = None,
) -> Response:
    """Products; ``q`` looks into SKU and name, ``sku`` is exact without regard to case."""
    return await http.list(
        PRODUCT_LIST,
        page,
        q=q,
        sku=None if sku is None else folded(sku),
        barcode=barcode,
        kind=kind,
        category_id=category_id,
        active=active,
    )
