"""Opening stock of new products: the products of one request share one adjustment."""

from collections.abc import Sequence
from datetime import date, datetime

from app.application.accounting.contract import BOOKS, open_day, posting_needs
from app.application.inventory.adjustments import (
    ADJUSTMENT,
    KIND,
    adjusting_needs,
    adjustment_of,
)
from app.application.inventory.goods import Moment, adjust_in, goods_of, stock_needs
from app.application.inventory.locations import LOCATIONS
from app.application.inventory.ports import STOCK_MOVES, VALUATIONS
from app.application.shared.kinds import Needs
from app.application.shared.work import SharedDocument, Work
from app.domain.catalog.product import Product
from app.domain.inventory.adjustments import AdjustmentIn, AdjustmentLineIn, AdjustmentReason
from app.domain.inventory.moves import Source
from app.domain.inventory.openings import OpeningStock
from app.domain.shared.errors import DomainError, IdTaken
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_FIRST = 1  # the place of a product's first valuation


@frozen
class _Line:
    """A product's line of the shared adjustment, and what it is worth in minor units."""

    document_id: Id
    day: date
    opening: OpeningStock
    product_id: Id
    value: int


def opening_needs(
    needs: Needs, location_id: Id, effective_at: datetime, product_id: Id | None
) -> Needs:
    """Need what ``stock_product`` takes; ``product_id`` is one that the client made."""
    posting_needs(needs, effective_at, None)
    if product_id is None:
        return stock_needs(needs, location_id, ())
    needs.one(STOCK_MOVES, product_id)
    return stock_needs(needs, location_id, (product_id,))


def stock_product(product: Product, opening: OpeningStock, work: Work) -> None:
    """Take the opening stock of a new product in, on a line of the request's adjustment.

    Products at one location as of one instant share the adjustment, so an import has one document
    and one entry. The move has the id of the product, so the opening stock is found again.

    Raises:
        DomainError: of the product, the location, the stock or the month; it points into the
            opening stock.
        IdTaken: a move has the id of the product.
    """
    location = work.get(LOCATIONS, opening.location_id, pointer="/location_id")
    location.check_active("/location_id")
    product.check_tradable(opening.quantity, "")
    value = opening.value(work.get(BOOKS).exponent)
    day = open_day(work, opening.effective_at)
    if work.find(STOCK_MOVES, product.id) is not None:
        raise IdTaken.at("/id")
    key = (opening.location_id, opening.effective_at)
    before = work.parts(_OPENING_STOCK, *key)
    number = len(before) + 1
    document_id = before[0].document_id if before else work.new_id()
    source = Source(KIND, document_id, number)
    goods = goods_of(product, opening.quantity, source)
    moment = Moment(location.id, opening.effective_at, day)
    try:
        adjust_in(work, moment, goods, value, move_id=product.id)
    except DomainError as refusal:
        refusal.point(lambda member: member.removeprefix(goods.pointer("").rstrip("/")))
        raise
    work.give(_OPENING_STOCK, _Line(document_id, day, opening, product.id, value), *key)


def check_stocked_before(product_id: Id, opening: OpeningStock, work: Work) -> None:
    """Let a request pass that asked for the same opening stock of the same product before.

    Raises:
        IdTaken: the product was made without stock, or with another one.
    """
    move = work.find(STOCK_MOVES, product_id)
    if move is not None:
        first = work.get(VALUATIONS, product_id, _FIRST)
        asked = (opening.location_id, opening.quantity, opening.value(work.get(BOOKS).exponent))
        if asked == (move.location_id, move.quantity, first.value):
            return
    raise IdTaken.at("/id")


def _number_needs(lines: Sequence[_Line]) -> Needs:
    opening = lines[0].opening
    return adjusting_needs(Needs(), opening.location_id, opening.effective_at, ())


def _post(lines: Sequence[_Line], work: Work) -> None:
    first = lines[0]
    body = AdjustmentIn(
        location_id=first.opening.location_id,
        reason=AdjustmentReason.OPENING,
        lines=tuple(
            AdjustmentLineIn(product_id=each.product_id, quantity=each.opening.quantity)
            for each in lines
        ),
    )
    values = {number: each.value for number, each in enumerate(lines, start=1)}
    at = first.opening.effective_at
    posted = adjustment_of(first.document_id, body, values, at, first.day, work)
    ADJUSTMENT.keep(posted, work)  # the audit trail has it with each product


_OPENING_STOCK = SharedDocument("opening stock", _number_needs, _post)
