"""/stock-levels and /stock-moves: what lies where, and how it came there."""

import contextlib
from datetime import date
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import LocationId, ProductId, id_pattern
from app.application.inventory.ports import LEVEL_LIST, MOVE_LIST
from app.application.inventory.views import SOURCE_PREFIXES, StockLevelView, StockMoveView
from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.ids import Id, read

router = v1_router(tags=["stock"])
_READ = permission("stock:read")
_SOURCE_PATTERN = id_pattern(*SOURCE_PREFIXES.values())


@router.get(
    "/stock-levels",
    summary="List stock levels",
    openapi_extra=_READ,
    responses=listed(StockLevelView, LEVEL_LIST),
)
async def list_stock_levels(
    http: Caller,
    page: PageQuery,
    product_id: ProductId | None = None,
    location_id: LocationId | None = None,
) -> Response:
    """What lies of each product at each location where it ever lay."""
    return await http.list(LEVEL_LIST, page, product_id=product_id, location_id=location_id)


@router.get(
    "/stock-moves",
    summary="List stock moves",
    openapi_extra=_READ,
    responses=listed(StockMoveView, MOVE_LIST),
)
async def list_stock_moves(
    http: Caller,
    page: PageQuery,
    product_id: ProductId | None = None,
    location_id: LocationId | None = None,
    effective_from: date | None = None,
    effective_to: date | None = None,
    source_id: Annotated[
        str | None, Query(max_length=40, json_schema_extra={"pattern": _SOURCE_PATTERN})
    ] = None,
) -> Response:
    """Moves in the order in which they were recorded; ``source_id`` is the document's."""
    return await http.list(
        MOVE_LIST,
        page,
        product_id=product_id,
        location_id=location_id,
        effective_from=effective_from,
        effective_to=effective_to,
        source_id=None if source_id is None else _source(source_id),
    )


def _source(text: str) -> Id:
    """The id of a document of any kind that moves stock."""
    prefix = text.partition("_")[0]
    with contextlib.suppress(InvalidValue):
        if prefix in SOURCE_PREFIXES.values():
            return read(prefix, text)
    allowed = ", ".join(sorted(set(SOURCE_PREFIXES.values())))
    raise InvalidValue(faults=[Fault("?source_id", "validation.identifier", {"prefix": allowed})])
