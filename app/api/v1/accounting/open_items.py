"""/open-items: what documents leave open between the company and its parties."""

from datetime import date

from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import ContactId
from app.application.accounting.ports import OPEN_ITEM_LIST, OPEN_ITEM_LIST_AS_OF
from app.application.accounting.settlement_views import OpenItemView
from app.domain.accounting.open_items import Side

router = v1_router("/open-items", tags=["open-items"])


@router.get(
    "",
    summary="List open items",
    openapi_extra=permission("allocations:read"),
    responses=listed(OpenItemView, OPEN_ITEM_LIST),
)
async def list_open_items(
    http: Caller,
    page: PageQuery,
    contact_id: ContactId | None = None,
    side: Side | None = None,
    effective_from: date | None = None,
    effective_to: date | None = None,
    as_of: date | None = None,
) -> Response:
    """What is open, by business day: debits positive, credits of the party negative.

    With ``as_of`` it is what was open at the end of that day: documents and allocations with a
    later business day do not count. Without it everything posted counts.
    """
    return await http.list(
        OPEN_ITEM_LIST if as_of is None else OPEN_ITEM_LIST_AS_OF,
        page,
        contact_id=contact_id,
        side=side,
        effective_from=effective_from,
        effective_to=effective_to,
        as_of=as_of,
    )
