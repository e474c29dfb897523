"""POST /adjustments: stock found, lost, spoiled, counted or brought along at the start."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.application.accounting.contract import (
    BOOKS,
    account_of,
    next_number,
    open_day,
    post,
    posting_needs,
)
from app.application.catalog.contract import PRODUCTS
from app.application.inventory.goods import (
    Goods,
    Moment,
    adjust_in,
    goods_of,
    lose_all,
    stock_needs,
)
from app.application.inventory.ports import (
    ADJUSTMENT_BY_REF,
    ADJUSTMENTS,
    LOCATIONS,
    PostedAdjustment,
    PostedAdjustmentLine,
)
from app.application.inventory.views import adjustment_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import DocumentKind, Postings
from app.domain.accounting.periods import Books
from app.domain.accounting.series import Series
from app.domain.catalog.product import Product
from app.domain.inventory.adjustments import Adjustment, AdjustmentLine, AdjustmentReason
from app.domain.inventory.moves import Source, SourceKind
from app.domain.shared.errors import ExternalRefTaken, IdTaken, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import AMOUNT_MAX, extended

Products = Mapping[Id, Product]


@frozen
class AdjustmentInput:
    """An adjustment as asked for; ``dated`` says that its instant was stated."""

    id: Id | None
    external_ref: str | None
    location_id: Id
    effective_at: datetime
    dated: bool
    reason: AdjustmentReason
    memo: str
    lines: tuple[AdjustmentLine, ...]


def adjusting_needs(
    needs: Needs, location_id: Id, effective_at: datetime, product_ids: Iterable[Id]
) -> Needs:
    """Need what ``adjust`` takes, beside the products themselves."""
    stock_needs(needs, location_id, product_ids)
    return posting_needs(needs, effective_at, Series.ADJUSTMENT, location_id)


def adjust(wish: AdjustmentInput, work: Work) -> PostedAdjustment:
    """Move the stock, post the entry, keep the document and tell the outbox.

    Raises:
        DomainError: of a product, the stock, its cost or the month; see ``Adjustment`` for those of
            the document.
    """
    books = work.get(BOOKS)
    location = work.get(LOCATIONS, wish.location_id, pointer="/location_id")
    if any(line.quantity > 0 for line in wish.lines):
        location.check_active("/location_id")
    day = open_day(work, wish.effective_at)
    checked = Adjustment(
        id=wish.id or work.new_id(),
        location_id=location.id,
        reason=wish.reason,
        effective_at=wish.effective_at,
        effective_on=day,
        memo=wish.memo,
        external_ref=wish.external_ref,
        lines=wish.lines,
    )
    values = _move(checked, _products(checked, work), books, work)
    return post_adjustment(checked, values, work)


def post_adjustment(checked: Adjustment, values: Mapping[int, int], work: Work) -> PostedAdjustment:
    """Number and keep an adjustment whose stock has moved, with its entry; tell the outbox.

    ``values`` is what each line was worth, by its number.

    Raises:
        ValueOutOfRange: the document comes to more than the books hold.
    """
    location = work.get(LOCATIONS, checked.location_id)
    day = checked.effective_on
    number = next_number(work, Series.ADJUSTMENT, day, location.id, location.code)
    entry_id = post(
        work,
        _postings(work, checked.reason, values.values()),
        source_kind=DocumentKind.ADJUSTMENT,
        source_id=checked.id,
        effective_at=checked.effective_at,
        effective_on=day,
        memo=number,
    )
    posted = PostedAdjustment(
        id=checked.id,
        number=number,
        external_ref=checked.external_ref,
        location_id=location.id,
        reason=checked.reason,
        memo=checked.memo,
        effective_at=checked.effective_at,
        effective_on=day,
        currency=work.get(BOOKS).currency,
        value=sum(values.values()),
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=tuple(
            PostedAdjustmentLine(line.line, line.product_id, line.quantity, values[line.line])
            for line in checked.lines
        ),
    )
    work.put(ADJUSTMENTS, posted)
    work.event("adjustment.posted", posted.id, **_facts(posted))
    return posted


def _facts(posted: PostedAdjustment) -> dict[str, Any]:
    return {"number": posted.number, "reason": str(posted.reason), "value": posted.value}


def _products(adjustment: Adjustment, work: Work) -> Products:
    products = {}
    for place, line in enumerate(adjustment.lines):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
        if line.quantity > 0:
            product.check_tradable(line.quantity, pointer)
        else:  # what is left of a product or at a location that is out of use can be taken out
            product.check_step(line.quantity, f"{pointer}/quantity")
        product.check_stocked(pointer)
        products[product.id] = product
    return products


def _move(adjustment: Adjustment, products: Products, books: Books, work: Work) -> dict[int, int]:
    """Let the goods come and go; the value of each line, by its number."""
    moment = Moment(adjustment.location_id, adjustment.effective_at, adjustment.effective_on)

    def goods(line: AdjustmentLine) -> Goods:
        source = Source(SourceKind.ADJUSTMENT, adjustment.id, line.line)
        return goods_of(products[line.product_id], abs(line.quantity), source)

    values = {}
    for line in adjustment.gains:
        stated = _stated_value(line, books)
        values[line.line] = adjust_in(work, moment, goods(line), stated).value
    losses = adjustment.losses
    lost = lose_all(work, moment, [goods(line) for line in losses])
    for line, valuation in zip(losses, lost, strict=True):
        values[line.line] = valuation.value
    return values


def _stated_value(line: AdjustmentLine, books: Books) -> int | None:
    if line.unit_cost is None:
        return None
    value = extended(line.quantity, line.unit_cost, books.exponent)
    if value > AMOUNT_MAX:
        raise ValueOutOfRange.at(f"/lines/{line.line - 1}/unit_cost")
    return value


def _postings(work: Work, reason: AdjustmentReason, values: Iterable[int]) -> Postings:
    """Stock against gains (or opening balances) and shrinkage."""
    opening = reason is AdjustmentReason.OPENING
    origin = account_of(work, AccountRole.OPENING_BALANCES if opening else AccountRole.STOCK_GAINS)
    stock, shrinkage = account_of(work, AccountRole.STOCK), account_of(work, AccountRole.SHRINKAGE)
    postings = Postings()
    for value in values:
        postings.debit(stock, value)
        postings.credit(shrinkage if value < 0 else origin, value)
    return postings


def _needs(wish: AdjustmentInput, _: Principal) -> Needs:
    needs = Needs()
    if wish.id is not None:
        needs.one(ADJUSTMENTS, wish.id)
    if wish.external_ref is not None:
        needs.search(ADJUSTMENT_BY_REF, wish.external_ref)
    product_ids = {line.product_id for line in wish.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    return adjusting_needs(needs, wish.location_id, wish.effective_at, product_ids)


def _decide(wish: AdjustmentInput, work: Work) -> Done:
    repeated = _repeated(wish, work)
    if repeated is not None:
        return Done(adjustment_view(repeated), status=200)
    posted = adjust(wish, work)
    work.note("posted", "adjustment", posted.id, **_facts(posted))
    location = f"/api/v1/adjustments/{show('adj', posted.id)}"
    return Done(adjustment_view(posted), location=location)


def _repeated(wish: AdjustmentInput, work: Work) -> PostedAdjustment | None:
    """The adjustment that this request made before under its own id.

    Raises:
        IdTaken: the id is that of another adjustment.
        ExternalRefTaken: another adjustment carries the reference.
    """
    existing = None if wish.id is None else work.find(ADJUSTMENTS, wish.id)
    if existing is not None:
        same = (
            existing.external_ref == wish.external_ref
            and (not wish.dated or existing.effective_at == wish.effective_at)
            and existing.location_id == wish.location_id
            and existing.reason == wish.reason
            and existing.memo == wish.memo
            and len(existing.lines) == len(wish.lines)
            and all(
                _is_same_line(line, posted, work.get(BOOKS))
                for line, posted in zip(wish.lines, existing.lines, strict=True)
            )
        )
        if not same:
            raise IdTaken.at("/id")
        return existing
    if wish.external_ref is not None and work.search(ADJUSTMENT_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def _is_same_line(line: AdjustmentLine, posted: PostedAdjustmentLine, books: Books) -> bool:
    """A cost that is not stated says nothing, for a current one was taken then."""
    if (line.product_id, line.quantity) != (posted.product_id, posted.quantity):
        return False
    return line.unit_cost is None or _stated_value(line, books) == posted.value


CREATE_ADJUSTMENT = Command(
    "adjustments.create", "adjustments:write", _needs, _decide, key_required=True
)
