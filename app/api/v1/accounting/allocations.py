"""/allocations: credits of a party matched with its debits."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, batched, listed
from app.api.paging import PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.v1.accounting.references import AllocationId, AnyDocumentId, Key
from app.api.wire import Amount, ContactId, Instant, Schema
from app.application.accounting.allocations import (
    CREATE_ALLOCATION,
    AllocationInput,
    Pair,
    shown_needs,
)
from app.application.accounting.ports import (
    ALLOCATION_DOCUMENTS,
    ALLOCATION_LIST,
    ALLOCATIONS_BY,
    BOOKS,
    RECORDED_ALLOCATIONS,
)
from app.application.accounting.settlement_views import (
    AllocationSummary,
    AllocationView,
    allocation_view,
)
from app.domain.accounting.errors import (
    AllocationMismatch,
    OverAllocation,
    PeriodClosed,
    PeriodLocked,
)
from app.domain.accounting.open_items import Side
from app.domain.shared.errors import ConcurrentChange, IdTaken, NotFound

LINES_MAX = 2000

router = v1_router("/allocations", tags=["allocations"])
_READ, _WRITE = permission("allocations:read"), permission("allocations:write")


class PairIn(Schema):
    """Let a credit settle so much of a debit."""

    credit_id: AnyDocumentId
    debit_id: AnyDocumentId
    amount: Amount


class AllocationIn(Schema):
    """Match named pairs or, without lines, the oldest credits with the oldest debits."""

    id: AllocationId | None = None
    contact_id: ContactId
    side: Literal["receivable", "payable"]
    effective_at: Instant | None = None
    lines: Annotated[list[PairIn], Field(min_length=1, max_length=LINES_MAX)] | None = None

    def wish(self, http: Http) -> AllocationInput:
        """The command's input."""
        pairs = None
        if self.lines is not None:
            pairs = tuple(Pair(each.credit_id, each.debit_id, each.amount) for each in self.lines)
        return AllocationInput(
            id=self.id,
            contact_id=self.contact_id,
            side=Side(self.side),
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            pairs=pairs,
        )


class AllocationItem(AllocationIn):
    """An allocation of a batch."""

    idempotency_key: Key


class AllocationBatch(Schema):
    """Up to 100 allocations in order; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[AllocationItem], Field(min_length=1, max_length=BATCH_MAX)]


_REFUSALS = (
    IdTaken,
    OverAllocation,
    AllocationMismatch,
    PeriodClosed,
    PeriodLocked,
    ConcurrentChange,
)


@router.post(
    "",
    summary="Allocate credits to debits",
    openapi_extra=_WRITE,
    responses=answers(AllocationView, 201, *_REFUSALS, body=True, keyed=True),
)
async def create_allocation(http: CommandCaller, body: AllocationIn) -> Response:
    """Match what is open; where nothing matches, the answer holds no allocations."""
    return await http.run(CREATE_ALLOCATION, body.wish(http))


@router.post(
    "/batch",
    summary="Allocate in a batch",
    openapi_extra=_WRITE | BATCH,
    responses=batched(AllocationView, *_REFUSALS),
)
async def batch_allocations(http: CommandCaller, body: AllocationBatch) -> Response:
    """Allocate for several parties in order; each item is answered for itself."""
    items = [(item.idempotency_key, item.wish(http)) for item in body.items]
    return await http.run_batch(CREATE_ALLOCATION, items, atomic=body.atomic)


@router.get(
    "",
    summary="List allocations",
    openapi_extra=_READ,
    responses=listed(AllocationSummary, ALLOCATION_LIST),
)
async def list_allocations(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    contact_id: ContactId | None = None,
    side: Side | None = None,
) -> Response:
    """Allocations by business day, without their pairs."""
    return await http.list(
        ALLOCATION_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        contact_id=contact_id,
        side=side,
    )


@router.get(
    "/{id}",
    summary="Show an allocation",
    openapi_extra=_READ,
    responses=answers(AllocationView, 200, NotFound),
)
async def show_allocation(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
    """An allocation with the pairs that it matched."""
    allocation_id = http.id_of("alc", id)
    needs = shown_needs(allocation_id).one(ALLOCATION_DOCUMENTS, allocation_id)
    loaded = await http.load(needs)
    document = loaded.present[ALLOCATION_DOCUMENTS].get((allocation_id,))
    if document is None:
        raise NotFound
    allocations = loaded.results(ALLOCATIONS_BY, allocation_id)
    view = allocation_view(
        document,
        allocations,
        loaded.present[BOOKS][()].currency,
        loaded.present[RECORDED_ALLOCATIONS][allocation_id,].recorded_at,
    )
    return http.answer(view)
