"""Allocations: credits of a party matched with its debits after both were posted.

Nothing is posted to the ledger, for both stand on the same control account. The month must be open
all the same: what was owed at the end of a closed month stays as it was reported.
"""

from dataclasses import replace
from datetime import datetime

from app.application.accounting.contract import (
    minor,
    next_number,
    open_day,
    open_item_needs,
    posting_needs,
    settle,
)
from app.application.accounting.ports import (
    ALLOCATION_DOCUMENTS,
    ALLOCATIONS_BY,
    BOOKS,
    OPEN_ITEMS,
    OPEN_ITEMS_OF,
    PARTIES,
    RECORDED_ALLOCATIONS,
    AllocationDocument,
    BookedAllocation,
)
from app.application.accounting.settlement_views import allocation_view
from app.application.accounting.views import DocumentRef
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.documents import check_repeat
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.errors import AllocationMismatch
from app.domain.accounting.open_items import (
    NamedAllocation,
    OpenItem,
    Settlement,
    Side,
    allocate_named,
    allocate_oldest,
)
from app.domain.accounting.periods import Books
from app.domain.shared.clock import business_date
from app.domain.shared.documents import Series
from app.domain.shared.errors import IdTaken, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import format_amount


@frozen
class Pair:
    """Let this credit settle so much of that debit; ``amount`` is scaled by 10^6."""

    credit: DocumentRef
    debit: DocumentRef
    amount: int


@frozen
class AllocationInput:
    """An allocation as asked for; ``pairs`` None matches the oldest.

    ``dated`` tells that the request itself stated ``effective_at``.
    """

    id: Id | None
    contact_id: Id
    side: Side
    effective_at: datetime
    dated: bool
    pairs: tuple[Pair, ...] | None


def _needs(wish: AllocationInput, _: Principal) -> Needs:
    needs = Needs().one(PARTIES, wish.contact_id)
    if wish.id is not None:
        needs.one(ALLOCATION_DOCUMENTS, wish.id)
    if wish.pairs is None:
        open_item_needs(needs, wish.contact_id, wish.side)
    else:
        named = {ref.id for pair in wish.pairs for ref in (pair.credit, pair.debit)}
        needs.many(OPEN_ITEMS, {(document_id,) for document_id in named})
    return posting_needs(needs, wish.effective_at, Series("ALC"))


def _decide(wish: AllocationInput, work: Work) -> Done:
    books = work.get(BOOKS)
    named = _named(wish, books)
    document = AllocationDocument(
        wish.id or work.new_id(),
        None,
        wish.contact_id,
        wish.side,
        wish.pairs is not None,
        wish.effective_at,
        business_date(wish.effective_at, books.time_zone),
    )
    existing = None if wish.id is None else work.find(ALLOCATION_DOCUMENTS, wish.id)
    if existing is not None:
        return _repeated(wish, named, document, existing, work)
    work.get(PARTIES, wish.contact_id, pointer="/contact_id")
    day = open_day(work, wish.effective_at)
    settlement = _settlement(wish, named, document, work)
    document = replace(document, number=next_number(work, Series("ALC"), day))
    work.put(ALLOCATION_DOCUMENTS, document)
    settle(work, settlement, document.id)
    allocated = format_amount(settlement.allocated, books.exponent)
    facts = {"number": document.number, "allocated": allocated, "currency": books.currency}
    work.note("made", "allocation", document.id, **facts)
    work.event("allocation.made", document.id, **facts)
    view = allocation_view(document, settlement.allocations, books.currency, work.recorded_at)
    return Done(view, 201, f"/api/v1/allocations/{view['id']}")


def _named(wish: AllocationInput, books: Books) -> list[NamedAllocation]:
    return [
        NamedAllocation(
            pair.credit.id, pair.debit.id, minor(books, pair.amount, f"/lines/{place}/amount")
        )
        for place, pair in enumerate(wish.pairs or ())
    ]


def _settlement(
    wish: AllocationInput, named: list[NamedAllocation], document: AllocationDocument, work: Work
) -> Settlement:
    """The named pairs, or the oldest credits against the oldest debits as far as they reach."""
    day = document.effective_on
    if wish.pairs is None:
        items = work.search(OPEN_ITEMS_OF, wish.contact_id, wish.side)
        credit_items = [item for item in items if not item.is_debit]
        debit_items = [item for item in items if item.is_debit]
        return allocate_oldest(credit_items, debit_items, day)
    items = []
    for place, pair in enumerate(wish.pairs):
        items.append(_item(wish, pair.credit, f"/lines/{place}/credit_id", work))
        items.append(_item(wish, pair.debit, f"/lines/{place}/debit_id", work))
    return allocate_named(items, named, day)


def _item(wish: AllocationInput, ref: DocumentRef, pointer: str, work: Work) -> OpenItem:
    item = work.find(OPEN_ITEMS, ref.id)
    if item is None or item.document_kind != ref.kind:
        raise ReferenceNotFound.at(pointer)
    if (item.contact_id, item.side) != (wish.contact_id, wish.side):
        raise AllocationMismatch.at(pointer)
    return item


def _repeated(
    wish: AllocationInput,
    named: list[NamedAllocation],
    document: AllocationDocument,
    existing: AllocationDocument,
    work: Work,
) -> Done:
    """The allocation that this request made before.

    Raises:
        IdTaken: the id is that of another allocation, or it named other pairs.
    """
    undated = () if wish.dated else ("effective_at",)
    check_repeat(existing, document, "number", "effective_on", *undated)
    work.need(shown_needs(existing.id))
    booked = work.search(ALLOCATIONS_BY, existing.id)
    if wish.pairs is not None and _amounts(named) != _amounts(booked):
        raise IdTaken.at("/id")
    recorded = work.find(RECORDED_ALLOCATIONS, existing.id)
    recorded_at = work.recorded_at if recorded is None else recorded.recorded_at
    return Done(allocation_view(existing, booked, work.get(BOOKS).currency, recorded_at), 200)


def _amounts(pairs: list[NamedAllocation] | list[BookedAllocation]) -> dict[tuple[Id, Id], int]:
    amounts: dict[tuple[Id, Id], int] = {}
    for pair in pairs:
        key = (pair.credit_id, pair.debit_id)
        amounts[key] = amounts.get(key, 0) + pair.amount
    return amounts


def shown_needs(allocation_id: Id) -> Needs:
    """What the view of an allocation shows beside the document."""
    needs = Needs().one(BOOKS).one(RECORDED_ALLOCATIONS, allocation_id)
    return needs.search(ALLOCATIONS_BY, allocation_id)


CREATE_ALLOCATION = Command(
    "allocations.create", "allocations:write", _needs, _decide, key_required=True
)
