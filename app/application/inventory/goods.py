"""Goods in and out, with their value: the work behind every document that moves stock.

A document says with ``stock_needs`` which goods it moves, and moves them in its decision, all lines
of a direction at once. Every move leaves three facts: the move, the level, the valuation.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Protocol

from app.application.catalog.contract import PRODUCTS
from app.application.inventory.locations import LOCATIONS
from app.application.inventory.ports import (
    COST_LAYERS,
    COST_POOLS,
    STOCK_LEVELS,
    STOCK_MOVES,
    VALUATIONS,
)
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.catalog.product import Product
from app.domain.inventory import corrections, costing
from app.domain.inventory.errors import Backdated, MovedAhead, UnitCostNeeded
from app.domain.inventory.levels import Demand, StockLevel, check_shortages
from app.domain.inventory.moves import Source, StockMove
from app.domain.inventory.pool import Costed, CostingMethod, CostPool, Valuation
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_CLOCKS_DIFFER_MAX = timedelta(minutes=5)


@frozen
class Goods:
    """One line of a document that moves goods: how much of what."""

    product_id: Id
    sku: str
    method: CostingMethod
    quantity: int
    source: Source

    def pointer(self, member: str) -> str:
        """Where the line of the request says ``member``."""
        return f"/lines/{self.source.line - 1}/{member}"


@frozen
class Moment:
    """Where and when goods move."""

    location_id: Id
    effective_at: datetime
    effective_on: date


def goods_of(product: Product, quantity: int, source: Source) -> Goods:
    """The goods of a line that moves ``quantity`` (> 0) of a product."""
    method = CostingMethod(product.costing)
    return Goods(product.id, product.sku, method, quantity, source)


class LineOfGoods(Protocol):
    """A line of a request that takes goods out."""

    @property
    def product_id(self) -> Id:
        """Which goods."""
        ...

    @property
    def quantity(self) -> int:
        """How much of them, scaled by 10^6."""
        ...


def leaving(
    work: Work, kind: DocumentKind, document_id: Id, lines: Sequence[LineOfGoods]
) -> list[Goods]:
    """The goods of lines that take them out; what is out of use can be taken out, too.

    Raises:
        ReferenceNotFound, NotStocked, QuantityStep: of a line, at its pointer.
    """
    found = []
    for place, line in enumerate(lines):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
        product.check_step(line.quantity, f"{pointer}/quantity")
        product.check_stocked(pointer)
        found.append(goods_of(product, line.quantity, Source(kind, document_id, place + 1)))
    return found


def level_needs(needs: Needs, location_id: Id, product_ids: Iterable[Id]) -> Needs:
    """Need a location and the levels of these products there, locked in key order."""
    needs.one(LOCATIONS, location_id)
    return needs.many(STOCK_LEVELS, {(product_id, location_id) for product_id in product_ids})


def stock_needs(needs: Needs, location_id: Id, product_ids: Iterable[Id]) -> Needs:
    """Need the levels and pools of these products at a location, locked in key order."""
    ids = set(product_ids)
    level_needs(needs, location_id, ids)
    return needs.many(COST_POOLS, {(product_id,) for product_id in ids})


def pool_of(work: Work, product_id: Id, method: CostingMethod) -> CostPool:
    """The pool of a product; a new one where there was never stock."""
    return work.find(COST_POOLS, product_id) or CostPool.new(product_id, method)


def issue_all(work: Work, moment: Moment, lines: Sequence[Goods]) -> list[Valuation]:
    """Let goods leave for a sale; the values are below zero, in the order of the lines.

    Raises:
        InsufficientStock: names every line whose goods are not all there; nothing moves.
        Backdated: a pool was costed on a later day.
    """
    check_stock(work, moment.location_id, lines)
    return [_out(work, moment, line, costing.issue) for line in lines]


def lose_all(work: Work, moment: Moment, lines: Sequence[Goods]) -> list[Valuation]:
    """Let goods go that were lost; otherwise as ``issue_all``."""
    check_stock(work, moment.location_id, lines)
    return [_out(work, moment, line, costing.adjust_loss) for line in lines]


def carry_all(work: Work, origin: Moment, target: Moment, lines: Sequence[Goods]) -> None:
    """Move goods from one location to another; their cost pool and its value stay as they are.

    Raises:
        InsufficientStock: names every line whose goods are not all there; nothing moves.
        MovedAhead: the instant is still to come.
    """
    check_stock(work, origin.location_id, lines)
    _check_not_ahead(work, origin.effective_at)
    for line in lines:
        _move(work, origin, -line.quantity, line)
        _move(work, target, line.quantity, line)


def receive(work: Work, moment: Moment, line: Goods, value: int) -> Valuation:
    """Take goods in from a supplier at ``value`` minor units."""
    pool = pool_of(work, line.product_id, line.method)
    with _naming(line):
        costed = costing.receive(pool, moment.effective_on, line.quantity, value, line.source)
    return _keep(work, moment, line.quantity, line, costed)


def receive_back(work: Work, moment: Moment, line: Goods, value: int) -> Valuation:
    """Take goods back from a customer at ``value`` minor units."""
    pool = pool_of(work, line.product_id, line.method)
    day = moment.effective_on
    with _naming(line):
        costed = costing.receive_back(pool, day, line.quantity, value, line.source)
    return _keep(work, moment, line.quantity, line, costed)


def adjust_in(
    work: Work, moment: Moment, line: Goods, stated_value: int | None, move_id: Id | None = None
) -> Valuation:
    """Take in goods that were found, at the stated value or at what is known.

    ``move_id`` is that of the move, where it shall be found again.

    Raises:
        UnitCostNeeded: no cost is known and none is stated; the pointer is its.
    """
    pool = pool_of(work, line.product_id, line.method)
    day, quantity = moment.effective_on, line.quantity
    with _naming(line):
        costed = costing.adjust_gain(pool, day, quantity, stated_value, line.source)
    return _keep(work, moment, line.quantity, line, costed, move_id)


def correct_price(
    work: Work, at: datetime, day: date, line: Goods, layer_seq: int, difference: int
) -> corrections.DifferenceSplit:
    """Spread the price difference of a billed line over what is on hand and what was sold.

    Raises:
        Backdated: the pool was costed on a later day.
        MovedAhead: the day of the bill is still to come.
    """
    _check_not_ahead(work, at)
    pool = work.get(COST_POOLS, line.product_id)
    layer = work.get(COST_LAYERS, line.product_id, layer_seq)
    with _naming(line):
        split = corrections.price_difference(pool, day, layer, difference, line.source)
    _keep_costed(work, Costed(split.pool, split.valuation, split.layers))
    return split


def send_back(
    work: Work, moment: Moment, line: Goods, layer_seq: int, claimed: int
) -> corrections.SentBack:
    """Return goods of a receipt to their supplier.

    Raises:
        InsufficientStock: they are not all at the location.
    """
    check_stock(work, moment.location_id, (line,))
    pool = work.get(COST_POOLS, line.product_id)
    layer = work.get(COST_LAYERS, line.product_id, layer_seq)
    with _naming(line):
        sent = corrections.return_to_supplier(
            pool, moment.effective_on, layer, line.quantity, claimed=claimed, source=line.source
        )
    _keep(work, moment, -line.quantity, line, Costed(sent.pool, sent.valuation, sent.layers))
    return sent


def check_stock(work: Work, location_id: Id, lines: Iterable[Goods]) -> None:
    """Let goods leave when they are there.

    Raises:
        InsufficientStock: names every short line.
    """
    demands = [
        Demand(line.pointer("quantity"), line.sku, line.product_id, location_id, line.quantity)
        for line in lines
    ]
    levels = {}
    for demand in demands:
        level = work.find(STOCK_LEVELS, demand.product_id, location_id)
        if level is not None:
            levels[demand.product_id, location_id] = level
    check_shortages(demands, levels)


def _out(work: Work, moment: Moment, line: Goods, operation: Callable[..., Costed]) -> Valuation:
    pool = pool_of(work, line.product_id, line.method)
    with _naming(line):
        costed = operation(pool, moment.effective_on, line.quantity, line.source)
    return _keep(work, moment, -line.quantity, line, costed)


@contextmanager
def _naming(line: Goods) -> Iterator[None]:
    """Let a refusal of the cost pool or the level say which line it is about."""
    try:
        yield
    except (Backdated, ValueOutOfRange) as refusal:
        raise refusal.at(line.pointer("quantity"), **refusal.params) from None
    except UnitCostNeeded:
        raise UnitCostNeeded.at(line.pointer("unit_cost")) from None


def _check_not_ahead(work: Work, effective_at: datetime) -> None:
    """Let goods move at the present or before it, by clocks that differ a little.

    Raises:
        MovedAhead: the instant is still to come.
    """
    if effective_at > work.recorded_at + _CLOCKS_DIFFER_MAX:
        raise MovedAhead.at("/effective_at")


def _keep(
    work: Work,
    moment: Moment,
    quantity: int,
    line: Goods,
    costed: Costed,
    move_id: Id | None = None,
) -> Valuation:
    """Record goods that came or left: the pool with its layers, the valuation, and the move."""
    _check_not_ahead(work, moment.effective_at)
    _keep_costed(work, costed)
    _move(work, moment, quantity, line, move_id)
    return costed.valuation


def _move(
    work: Work, moment: Moment, quantity: int, line: Goods, move_id: Id | None = None
) -> None:
    """Record a move with the level that it leaves."""
    level = work.find(STOCK_LEVELS, line.product_id, moment.location_id)
    if level is None:
        level = StockLevel.new(line.product_id, moment.location_id)
    with _naming(line):
        work.put(STOCK_LEVELS, level.move(quantity))
    move = StockMove(
        move_id or work.new_id(),
        line.product_id,
        moment.location_id,
        quantity,
        moment.effective_at,
        moment.effective_on,
        line.source.kind,
        line.source.id,
        line.source.line,
    )
    work.put(STOCK_MOVES, move)


def _keep_costed(work: Work, costed: Costed) -> None:
    work.put(COST_POOLS, costed.pool)
    for layer in costed.layers:
        work.put(COST_LAYERS, layer)
    work.put(VALUATIONS, costed.valuation)
