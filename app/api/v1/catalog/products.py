"""/products/batch: products with their opening stock."""

from datetime import datetime
from typing import Any

from pydantic import Field
from starlette.responses import Response

from app.api.answers import batched
from app.api.deps import CommandCaller
from app.api.resources import batch_model, master_router, members_of_body, new_model
from app.api.route import BATCH, permission
from app.api.schemas import model_of, schema_of
from app.api.wire import Schema, Text128
from app.application.catalog.products import PRODUCT
from app.application.processes.stocked_product import (
    CREATE_STOCKED_PRODUCT,
    OpeningStockIn,
    StockedProduct,
)

router = master_router(PRODUCT)
_Item: Any = new_model(
    PRODUCT,
    forms=False,
    idempotency_key=(Text128, ...),
    opening_stock=(
        model_of(OpeningStockIn) | None,
        Field(None, description="What is on hand when the books begin."),
    ),
)
_Batch: Any = batch_model("ProductBatch", _Item, "products")
_members = members_of_body(PRODUCT)


def _request(item: Any, now: datetime) -> StockedProduct:
    """The command's input; stock that states no time is there as of ``now``."""
    members: dict[str, Any] = dict(_members(item))
    stock: Schema | None = members.pop("opening_stock")
    opening = None if stock is None else stock.model_dump()
    if opening is not None and opening["effective_at"] is None:
        opening = {**opening, "effective_at": now}
    return StockedProduct(item.id, members, opening)


@router.post(
    "/batch",
    summary="Create products",
    openapi_extra=permission(PRODUCT.noun.writes) | BATCH,
    responses=batched(schema_of(PRODUCT.noun.view)),
)
async def batch_products(http: CommandCaller, body: _Batch) -> Response:
    """Create products with their opening stock; each item is answered for itself, in order.

    Opening stock at one location as of one instant is one adjustment with a line for each product.
    """
    now = http.now()
    items = [(item.idempotency_key, _request(item, now)) for item in body.items]
    return await http.run_batch(CREATE_STOCKED_PRODUCT, items, atomic=body.atomic)
