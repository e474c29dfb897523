"""Adjustments: stock found, lost, spoiled, counted or brought along at the start."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from app.application.accounting.contract import (
    BOOKS,
    DAY_REFUSALS,
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
from app.application.inventory.locations import LOCATIONS
from app.application.shared.documents import Asked, Document, Moves, document_view, summary_view
from app.application.shared.kinds import Kind, LockRank, Needs
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.inventory.adjustments import (
    Adjustment,
    AdjustmentIn,
    AdjustmentLine,
    AdjustmentLineIn,
    AdjustmentReason,
    check_adjustment,
)
from app.domain.inventory.errors import Backdated, InsufficientStock, UnitCostNeeded
from app.domain.inventory.moves import Source
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, extended

ADJUSTMENTS: Kind[Adjustment] = Kind("adjustments", key=by_id, rank=LockRank.DOCUMENT)
KIND: Final = DocumentKind("adjustment")
SERIES: Final = Series("ADJ")


def _needs(needs: Needs, asked: Asked[AdjustmentIn]) -> Needs:
    body = asked.body
    product_ids = {line.product_id for line in body.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    return adjusting_needs(needs, body.location_id, asked.at, product_ids)


def adjusting_needs(
    needs: Needs, location_id: Id, effective_at: datetime, product_ids: Iterable[Id]
) -> Needs:
    """Need what posting an adjustment takes, beside the products themselves."""
    stock_needs(needs, location_id, product_ids)
    return posting_needs(needs, effective_at, SERIES, location_id)


def _post(asked: Asked[AdjustmentIn], work: Work) -> Adjustment:
    """Correct what lies at a location, with its value, in one entry.

    Goods come in at the stated cost, else at the current one, else at the last known. What comes in
    is taken first, so a loss of the same request finds it.
    """
    body = asked.body
    location = work.get(LOCATIONS, body.location_id, pointer="/location_id")
    if any(line.quantity > 0 for line in body.lines):
        location.check_active("/location_id")
    day = open_day(work, asked.at)
    check_adjustment(body.reason, body.lines)
    id_ = body.id or work.new_id()
    moment = Moment(location.id, asked.at, day)
    values = _move(id_, body.lines, moment, work)
    return adjustment_of(id_, body, values, asked.at, day, work)


def adjustment_of(
    id_: Id,
    body: AdjustmentIn,
    values: Mapping[int, int],
    effective_at: datetime,
    day: date,
    work: Work,
) -> Adjustment:
    """Number an adjustment whose stock has moved, and post its entry.

    ``values`` is what each line was worth, by its number.

    Raises:
        ValueOutOfRange: the document comes to more than the books hold.
    """
    location = work.get(LOCATIONS, body.location_id)
    number = next_number(work, SERIES, day, location.id, location.code)
    entry_id = post(
        work,
        _postings(work, body.reason, values.values()),
        source_kind=KIND,
        source_id=id_,
        effective_at=effective_at,
        effective_on=day,
        memo=number,
    )
    return Adjustment(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        location_id=location.id,
        reason=body.reason,
        memo=body.memo,
        effective_at=effective_at,
        effective_on=day,
        currency=work.get(BOOKS).currency,
        value=sum(values.values()),
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=tuple(
            AdjustmentLine(number, line.product_id, line.quantity, values[number])
            for number, line in enumerate(body.lines, start=1)
        ),
    )


def _move(id_: Id, lines: Sequence[AdjustmentLineIn], moment: Moment, work: Work) -> dict[int, int]:
    """Let the goods come and go; the value of each line, by its number."""
    goods = [_goods(id_, place, line, work) for place, line in enumerate(lines)]
    values = {}
    for place, line in enumerate(lines):
        if line.quantity > 0:
            stated = _stated_value(place, line, work)
            values[place + 1] = adjust_in(work, moment, goods[place], stated).value
    losses = [place for place, line in enumerate(lines) if line.quantity < 0]
    lost = lose_all(work, moment, [goods[place] for place in losses])
    for place, valuation in zip(losses, lost, strict=True):
        values[place + 1] = valuation.value
    return values


def _goods(id_: Id, place: int, line: AdjustmentLineIn, work: Work) -> Goods:
    pointer = f"/lines/{place}"
    product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
    if line.quantity > 0:
        product.check_tradable(line.quantity, pointer)
    else:  # what is left of a product or at a location that is out of use can be taken out
        product.check_step(line.quantity, f"{pointer}/quantity")
    product.check_stocked(pointer)
    return goods_of(product, abs(line.quantity), Source(KIND, id_, place + 1))


def _stated_value(place: int, line: AdjustmentLineIn, work: Work) -> int | None:
    if line.unit_cost is None:
        return None
    value = extended(line.quantity, line.unit_cost, work.get(BOOKS).exponent)
    if value > AMOUNT_MAX:
        raise ValueOutOfRange.at(f"/lines/{place}/unit_cost")
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


def _same(body: AdjustmentIn, posted: Adjustment, work: Work) -> bool:
    """A cost that is not stated says nothing, for a current one was taken then."""
    return all(
        line.unit_cost is None or _stated_value(place, line, work) == posted.lines[place].value
        for place, line in enumerate(body.lines)
    )


ADJUSTMENT = Document(
    Noun(
        "adjustment",
        ADJUSTMENTS,
        document_view(Adjustment),
        "/adjustments",
        "Stock found, lost, counted or brought along at the start.",
        Access(write="manager warehouse", read="accountant viewer"),
        refusals=[
            InsufficientStock,
            UnitCostNeeded,
            Backdated,
            *DAY_REFUSALS,
        ],
    ),
    AdjustmentIn,
    title="Adjust the stock",
    moves=Moves(1, "value"),
    series=SERIES,
    needs=_needs,
    post=_post,
    same=_same,
    summary=summary_view(Adjustment),
    filters=("location_id", "reason"),
    facts=("number", "reason", "value"),
    batch=True,
)
