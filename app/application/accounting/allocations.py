"""Allocations: credits of a party matched with its debits after both were posted.

Nothing is posted to the ledger, for both stand on the same control account. The month must be open
all the same: what was owed at the end of a closed month stays as it was reported.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

from app.application.accounting.contract import (
    DAY_REFUSALS,
    minor,
    next_number,
    open_day,
    open_item_needs,
    posting_needs,
    settle,
)
from app.application.accounting.ports import (
    ALLOCATIONS_BY,
    BOOKS,
    OPEN_ITEMS,
    OPEN_ITEMS_OF,
    PARTIES,
    currency,
)
from app.application.shared.documents import Asked, Beside, Document
from app.application.shared.kinds import Kind, Needs
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.allocations import AllocationDocument, AllocationIn
from app.domain.accounting.errors import (
    AllocationMismatch,
    OverAllocation,
)
from app.domain.accounting.open_items import (
    PAYABLE,
    BookedAllocation,
    NamedAllocation,
    OpenItem,
    PayableAmount,
    Settlement,
    allocate_named,
    allocate_oldest,
)
from app.domain.accounting.periods import Books
from app.domain.shared.documents import DocumentRef, Series
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.ids import Id

ALLOCATION_DOCUMENTS: Kind[AllocationDocument] = Kind("allocation_documents", key=by_id)
SERIES: Final = Series("ALC")


def _needs(needs: Needs, asked: Asked[AllocationIn]) -> Needs:
    body = asked.body
    needs.one(PARTIES, body.contact_id)
    if body.lines is None:
        open_item_needs(needs, body.contact_id, body.side)
    else:
        named = {ref.id for pair in body.lines for ref in (pair.credit_id, pair.debit_id)}
        needs.many(OPEN_ITEMS, {(document_id,) for document_id in named})
    return posting_needs(needs, asked.at, SERIES)


def _post(asked: Asked[AllocationIn], work: Work) -> AllocationDocument:
    """Match what is open; where nothing matches, the answer holds no allocations."""
    body = asked.body
    named = _named(body, work.get(BOOKS))
    work.get(PARTIES, body.contact_id, pointer="/contact_id")
    day = open_day(work, asked.at)
    document = AllocationDocument(
        id=body.id or work.new_id(),
        number=next_number(work, SERIES, day),
        contact_id=body.contact_id,
        side=body.side,
        named=body.lines is not None,
        effective_at=asked.at,
        effective_on=day,
        recorded_at=work.recorded_at,
    )
    settle(work, _settlement(document, body, named, work), document.id)
    return document


def _named(body: AllocationIn, books: Books) -> list[NamedAllocation]:
    return [
        NamedAllocation(
            pair.credit_id.id, pair.debit_id.id, minor(books, pair.amount, f"/lines/{place}/amount")
        )
        for place, pair in enumerate(body.lines or ())
    ]


def _settlement(
    document: AllocationDocument, body: AllocationIn, named: list[NamedAllocation], work: Work
) -> Settlement:
    """The named pairs, or the oldest credits against the oldest debits as far as they reach."""
    day = document.effective_on
    if body.lines is None:
        items = work.search(OPEN_ITEMS_OF, body.contact_id, body.side)
        credit_items = [item for item in items if not item.is_debit]
        debit_items = [item for item in items if item.is_debit]
        return allocate_oldest(credit_items, debit_items, day)
    items = []
    for place, pair in enumerate(body.lines):
        items.append(_item(body, pair.credit_id, f"/lines/{place}/credit_id", work))
        items.append(_item(body, pair.debit_id, f"/lines/{place}/debit_id", work))
    return allocate_named(items, named, day)


def _item(body: AllocationIn, ref: DocumentRef, pointer: str, work: Work) -> OpenItem:
    item = work.find(OPEN_ITEMS, ref.id)
    if item is None or item.document_kind != ref.kind:
        raise ReferenceNotFound.at(pointer)
    if (item.contact_id, item.side) != (body.contact_id, body.side):
        raise AllocationMismatch.at(pointer)
    return item


def _same(body: AllocationIn, posted: AllocationDocument, work: Work) -> bool:
    """Whether it names the same pairs, if it names any."""
    if (body.lines is not None) != posted.named:
        return False
    named = _named(body, work.get(BOOKS))
    booked = work.search(ALLOCATIONS_BY, posted.id)
    return not posted.named or _amounts(named) == _amounts(booked)


def _amounts(pairs: Iterable[NamedAllocation | BookedAllocation]) -> dict[tuple[Id, Id], int]:
    amounts: dict[tuple[Id, Id], int] = {}
    for pair in pairs:
        key = (pair.credit_id, pair.debit_id)
        amounts[key] = amounts.get(key, 0) + pair.amount
    return amounts


def allocated(allocated: int) -> PayableAmount:
    """The sum of what it matched."""
    return allocated


def allocations(
    allocations: Sequence[BookedAllocation],
) -> Annotated[tuple[BookedAllocation, ...], PAYABLE]:
    """What was matched with what."""
    return tuple(allocations)


def _beside_needs(needs: Needs, id_: Id) -> Needs:
    return needs.one(BOOKS).search(ALLOCATIONS_BY, id_)


def _beside(document: AllocationDocument, work: Work) -> Mapping[str, Any]:
    booked = sorted(work.search(ALLOCATIONS_BY, document.id), key=lambda each: each.id)
    return {
        "currency": work.get(BOOKS).currency,
        "allocated": sum(each.amount for each in booked),
        "allocations": booked,
    }


_MATCH: Final = View(
    BookedAllocation, "MatchView", without=("id", "document_id", "credit_kind", "debit_kind")
)
ALLOCATION = Document(
    Noun(
        "allocation",
        ALLOCATION_DOCUMENTS,
        View(
            AllocationDocument,
            "AllocationView",
            computed=[currency, allocated, allocations],
            inside={"allocations": _MATCH},
        ),
        "/allocations",
        "Credits of a party matched with its debits.",
        Access(write="manager accountant", read="buyer viewer"),
        resource="allocations",
        refusals=[OverAllocation, AllocationMismatch, *DAY_REFUSALS],
    ),
    AllocationIn,
    title="Allocate credits to debits",
    series=SERIES,
    needs=_needs,
    post=_post,
    same=_same,
    summary=View(AllocationDocument, "AllocationSummary", computed=[currency, allocated]),
    beside=Beside(_beside_needs, _beside),
    filters=("contact_id", "side"),
    facts=("number", "allocated", "currency"),
    kinds=(),
    action="made",
    batch=True,
)
