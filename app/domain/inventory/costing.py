"""What comes into a pool and what leaves it, at which value (semantics 2.2, 2.3, 2.7).

Every function takes the business day, refuses one before the pool's latest (``Backdated``), and
answers with the pool after it, the valuation, and the layers to write.
"""

from datetime import date

from app.domain.inventory.errors import BelowZero, UnitCostNeeded
from app.domain.inventory.layers import pass_oldest, take_oldest
from app.domain.inventory.moves import Source
from app.domain.inventory.pool import (
    Costed,
    CostingMethod,
    CostLayer,
    CostPool,
    LayerPart,
    ValuationKind,
)
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.numbers import share


def receive(pool: CostPool, on: date, quantity: int, value: int, source: Source) -> Costed:
    """Goods from a supplier come in at the value of the receipt and form a layer.

    Raises:
        Backdated: the pool was costed on a later day.
        ValueOutOfRange: no quantity, a negative value, or more than the books hold.
    """
    return _enter(pool, on, quantity, value, source=source, kind=ValuationKind.RECEIPT)


def receive_back(pool: CostPool, on: date, quantity: int, value: int, source: Source) -> Costed:
    """Goods from a customer come back at ``value`` (``returns.py``), under FIFO as a new layer.

    Raises:
        Backdated: the pool was costed on a later day.
        ValueOutOfRange: no quantity, a negative value, or more than the books hold.
    """
    return _enter(pool, on, quantity, value, source=source, kind=ValuationKind.CUSTOMER_RETURN)


def issue(pool: CostPool, on: date, quantity: int, source: Source) -> Costed:
    """Goods leave the pool, for a sale.

    Average: at ``value * quantity / quantity on hand``, rounded half away from zero. FIFO: oldest
    first, each layer at its own value. What empties the pool, or a layer, takes all the value left.

    Raises:
        Backdated: the pool was costed on a later day.
        BelowZero: more than there is.
        ValueOutOfRange: no quantity.
    """
    return _leave(pool, on, quantity, source, ValuationKind.ISSUE)


def adjust_gain(
    pool: CostPool, on: date, quantity: int, stated_value: int | None, source: Source
) -> Costed:
    """Goods were found: at the value stated for them, else at current cost, else the last known.

    ``stated_value`` is the value of the whole quantity in minor units (``numbers.extended`` makes
    it of a unit cost), None when no cost was stated (semantics 2.7.3).

    Raises:
        Backdated: the pool was costed on a later day.
        UnitCostNeeded: no cost was stated, and the item never had one.
        ValueOutOfRange: no quantity, a negative value, or more than the books hold.
    """
    value = known_value(pool, quantity) if stated_value is None else stated_value
    if value is None:
        raise UnitCostNeeded
    return _enter(pool, on, quantity, value, source=source, kind=ValuationKind.GAIN)


def adjust_loss(pool: CostPool, on: date, quantity: int, source: Source) -> Costed:
    """Goods are gone: they leave as an issue does, under its own kind.

    Raises:
        Backdated: the pool was costed on a later day.
        BelowZero: more than there is.
        ValueOutOfRange: no quantity.
    """
    return _leave(pool, on, quantity, source, ValuationKind.LOSS)


def known_value(pool: CostPool, quantity: int) -> int | None:
    """``quantity`` at the pool's current unit cost, else at the last known, else None.

    The unit cost is never rounded: the value is taken in proportion, then rounded once.
    """
    if pool.quantity:
        return share(pool.value, quantity, pool.quantity)
    if pool.last_quantity:
        return share(pool.last_value, quantity, pool.last_quantity)
    return None


def _enter(
    pool: CostPool, on: date, quantity: int, value: int, *, source: Source, kind: ValuationKind
) -> Costed:
    pool.check_day(on)
    if quantity <= 0 or value < 0:
        raise ValueOutOfRange
    layers = pool.layers
    made: tuple[CostLayer, ...] = ()
    fifo = pool.method is CostingMethod.FIFO
    if fifo or kind is ValuationKind.RECEIPT:
        layer = CostLayer(
            product_id=pool.product_id,
            seq=pool.pool_seq + 1,
            received_on=on,
            source_kind=source.kind,
            source_id=source.id,
            line=source.line,
            position=pool.total_in,
            quantity_in=quantity,
            value_in=value,
            sent_back=0,
            kept=quantity,
            correction=0,
            quantity=quantity if fifo else 0,
            value=value if fifo else 0,
            is_open=fifo,
        )
        made = (layer,)
        if fifo:
            layers = (*layers, layer)
    after = pool.moved(on, quantity, value, layers, total_in=quantity)
    return Costed(after, pool.valuation(on, kind, quantity, value, source=source), made)


def _leave(pool: CostPool, on: date, quantity: int, source: Source, kind: ValuationKind) -> Costed:
    pool.check_day(on)
    if quantity <= 0:
        raise ValueOutOfRange
    if quantity > pool.quantity:
        raise BelowZero
    parts: list[LayerPart] = []
    if pool.method is CostingMethod.FIFO:
        layers, changed, parts = take_oldest(pool.layers, quantity)
        value = -sum(part.value for part in parts)
        gone = quantity
    else:
        layers, changed, gone = pass_oldest(pool.layers, pool.total_out, quantity)
        value = average_value(pool, quantity)
    after = pool.moved(on, -quantity, -value, layers, total_out=gone)
    valuation = pool.valuation(on, kind, -quantity, -value, source=source, parts=tuple(parts))
    return Costed(after, valuation, tuple(changed))


def average_value(pool: CostPool, quantity: int) -> int:
    """What ``quantity`` takes out of an average pool; the last goods take all that is left."""
    if quantity == pool.quantity:
        return pool.value
    return share(pool.value, quantity, pool.quantity)
