"""What changes the cost of goods after they came: bills, returns to the supplier, revaluation."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from app.domain.inventory.costing import average_value
from app.domain.inventory.errors import (
    BelowZero,
    MoreThanReceived,
    NothingOnHand,
    ValueBelowZero,
)
from app.domain.inventory.layers import (
    Layers,
    current,
    draw,
    on_hand,
    pass_oldest,
    sent_back,
    take_oldest,
    with_layer,
)
from app.domain.inventory.moves import Source
from app.domain.inventory.pool import (
    Costed,
    CostingMethod,
    CostLayer,
    CostPool,
    LayerPart,
    Valuation,
    ValuationKind,
)
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.numbers import allocate, checked_amount, share


class DifferenceSplit(NamedTuple):
    """A price difference: ``to_stock`` (inside the valuation) and ``to_cogs`` sum to it."""

    pool: CostPool
    valuation: Valuation
    layers: tuple[CostLayer, ...]
    to_stock: int
    to_cogs: int


class SentBack(NamedTuple):
    """A return to the supplier. ``variance`` is the value that left less the price claimed.

    The entry is: credit stock the value, debit goods received not invoiced (or payables) the claim,
    debit purchase price variance ``variance`` (credit it below 0).
    """

    pool: CostPool
    valuation: Valuation
    layers: tuple[CostLayer, ...]
    variance: int


def price_difference(
    pool: CostPool, on: date, layer: CostLayer, difference: int, source: Source
) -> DifferenceSplit:
    """A bill (or a charge) says that goods of a receipt cost ``difference`` minor units more.

    The share of the receipt's goods that are still on hand goes to stock, the rest to cost of goods
    sold (semantics 3.2.2, rulings R-10). The billed quantity is not asked for: a layer's goods are
    not told apart, so the share of any bill on them is the same, and bills for parts add up to what
    one bill for all would do. Goods that went back to the supplier take no share.

    A negative difference never takes more value than the goods have; the rest goes to cost of
    goods sold.

    Raises:
        Backdated: the pool was costed on a later day.
        ValueOutOfRange: no difference, or more than the books hold.
        PoolInconsistent: the layer is of another item.
    """
    pool.check_day(on)
    if difference == 0:
        raise ValueOutOfRange
    layer = current(pool, layer)
    fifo = pool.method is CostingMethod.FIFO
    worth = layer.value if fifo else pool.value
    to_stock = max(share(difference, on_hand(pool, layer), layer.kept), -worth)
    corrected = replace(
        layer,
        correction=checked_amount(layer.correction + difference),
        value=layer.value + (to_stock if fifo else 0),
    )
    layers = with_layer(pool.layers, corrected)
    parts = (LayerPart(layer.seq, 0, to_stock, difference),) if fifo else ()
    kind = ValuationKind.PRICE_DIFFERENCE
    return DifferenceSplit(
        pool.moved(on, 0, to_stock, layers),
        pool.valuation(on, kind, 0, to_stock, source=source, parts=parts),
        (corrected,),
        to_stock,
        difference - to_stock,
    )


def return_to_supplier(
    pool: CostPool, on: date, layer: CostLayer, quantity: int, *, claimed: int, source: Source
) -> SentBack:
    """Goods of a receipt go back, and the supplier is charged ``claimed`` minor units for them.

    FIFO: the goods of that receipt leave at their layer's value, as far as they are still there,
    the rest oldest first. Average: they leave at the current average. The difference to the claim
    is purchase price variance (semantics 2.3.4).

    Raises:
        Backdated: the pool was costed on a later day.
        BelowZero: more than there is.
        MoreThanReceived: more than the receipt brought, less what went back already.
        ValueOutOfRange: no quantity, or a negative claim.
        PoolInconsistent: the layer is of another item.
    """
    pool.check_day(on)
    if quantity <= 0 or claimed < 0:
        raise ValueOutOfRange
    if quantity > pool.quantity:
        raise BelowZero
    layer = current(pool, layer)
    if quantity > layer.quantity_in - layer.sent_back:
        raise MoreThanReceived
    own = min(quantity, on_hand(pool, layer))
    if pool.method is CostingMethod.FIFO:
        layers, changed, parts = _send_back_fifo(pool.layers, layer, quantity, own)
        value = -sum(part.value for part in parts)
        gone = quantity
    else:
        layers, changed, gone = _send_back_average(pool, layer, quantity, own)
        value, parts = average_value(pool, quantity), []
    kind = ValuationKind.SUPPLIER_RETURN
    return SentBack(
        pool.moved(on, -quantity, -value, layers, total_out=gone),
        pool.valuation(on, kind, -quantity, -value, source=source, parts=tuple(parts)),
        tuple(changed),
        value - claimed,
    )


def revalue(pool: CostPool, on: date, delta: int, source: Source) -> Costed:
    """The goods on hand are worth ``delta`` minor units more (or, below 0, less).

    Under FIFO the amount is shared over the layers by quantity; a layer that has too little for its
    share of a loss gives all it has, and the others give the rest by value.

    Raises:
        Backdated: the pool was costed on a later day.
        NothingOnHand: there are no goods.
        ValueBelowZero: more would be taken than they are worth.
        ValueOutOfRange: no amount, or more than the books hold.
    """
    pool.check_day(on)
    if delta == 0:
        raise ValueOutOfRange
    if pool.quantity == 0:
        raise NothingOnHand
    if pool.value + delta < 0:
        raise ValueBelowZero
    layers = pool.layers
    changed: Layers = ()
    parts: tuple[LayerPart, ...] = ()
    if pool.method is CostingMethod.FIFO:
        shares = zip(layers, _revaluation_shares(layers, delta), strict=True)
        touched = [(layer, part) for layer, part in shares if part]
        parts = tuple(LayerPart(layer.seq, 0, part, 0) for layer, part in touched)
        changed = tuple(
            layer.with_left(layer.quantity, layer.value + part) for layer, part in touched
        )
        by_seq = {layer.seq: layer for layer in changed}
        layers = tuple(by_seq.get(layer.seq, layer) for layer in layers)
    after = pool.moved(on, 0, delta, layers)
    kind = ValuationKind.REVALUATION
    valuation = pool.valuation(on, kind, 0, delta, source=source, parts=parts)
    return Costed(after, valuation, changed)


def _revaluation_shares(layers: Layers, delta: int) -> list[int]:
    """``delta`` split over the layers by quantity, so that no layer falls below zero."""
    shares = allocate(delta, [layer.quantity for layer in layers])
    left = [layer.value + part for layer, part in zip(layers, shares, strict=True)]
    missing = -sum(min(value, 0) for value in left)
    if missing:
        able = [max(value, 0) for value in left]
        more = allocate(-missing, able)
        left = [value + part for value, part in zip(able, more, strict=True)]
        shares = [value - layer.value for value, layer in zip(left, layers, strict=True)]
    return shares


def _send_back_fifo(
    layers: Layers, layer: CostLayer, quantity: int, own: int
) -> tuple[Layers, list[CostLayer], list[LayerPart]]:
    """Take ``own`` from the layer and the rest from the oldest; the layer changes in any case."""
    left, parts = layer, []
    if own:
        left, part = draw(layer, own)
        parts = [part]
    left = sent_back(left, quantity, own)
    layers, taken, rest = take_oldest(with_layer(layers, left), quantity - own)
    return layers, [left, *taken], [*parts, *rest]


def _send_back_average(
    pool: CostPool, layer: CostLayer, quantity: int, own: int
) -> tuple[Layers, list[CostLayer], int]:
    """Open a gap of ``own`` goods at the end of the layer; the rest are the oldest of the pool."""
    left = sent_back(layer, quantity, own)
    layers = pool.layers
    changed = {left.seq: left}
    if own:
        left = replace(left, is_open=True)
        changed[left.seq] = left
        layers = with_layer(layers, left)
    layers, passed, gone = pass_oldest(layers, pool.total_out, quantity - own)
    changed.update((each.seq, each) for each in passed)
    return layers, list(changed.values()), gone
