"""At which value goods come back from a customer (semantics 2.3, rulings R-11, R-13)."""

from collections.abc import Mapping, Sequence

from app.domain.inventory.costing import known_value
from app.domain.inventory.errors import PoolInconsistent, UnitCostNeeded
from app.domain.inventory.pool import CostLayer, CostPool, LayerPart
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.numbers import share


def issue_cost(
    issued_value: int, parts: Sequence[LayerPart], layers: Mapping[int, CostLayer]
) -> int:
    """What the goods of an issue cost, in minor units, by what is known now (rulings R-11).

    ``issued_value`` is the value that left (positive), ``parts`` the parts of that valuation and
    ``layers`` their layers by ``seq``, as they are now. Average (no parts): the posted cost. FIFO:
    for each layer the posted value and its share of the price differences that came since; a
    revaluation of what stayed on hand does not concern goods that had left.

    Raises:
        PoolInconsistent: a layer of the parts is missing.
    """
    if not parts:
        return issued_value
    cost = 0
    for part in parts:
        layer = layers.get(part.layer_seq)
        if layer is None:
            raise PoolInconsistent
        since = share(layer.correction, -part.quantity, layer.kept) - part.correction
        cost += max(since - part.value, 0)
    return cost


def returned_value(
    issued_quantity: int,
    issued_value: int,
    already_returned_quantity: int,
    already_returned_value: int,
    quantity: int,
) -> int:
    """The value with which ``quantity`` of an issue comes back, in minor units.

    In proportion to quantity, of what has not come back yet: so the last piece takes what is left,
    the pieces add up to the whole, and none is negative (semantics 1.6). ``issued_value`` is the
    answer of ``issue_cost``; where that was corrected downwards below what came back already, the
    rest comes back at nothing.

    Raises:
        ValueOutOfRange: nothing comes back, or more than is still out.
    """
    out = issued_quantity - already_returned_quantity
    if not 0 < quantity <= out:
        raise ValueOutOfRange
    return share(max(issued_value - already_returned_value, 0), quantity, out)


def value_without_sale(pool: CostPool, quantity: int, stated_value: int | None) -> int:
    """The value of a return that names no sale: at current cost, else last known, else as stated.

    ``stated_value`` is for the whole quantity, in minor units (rulings R-13).

    Raises:
        UnitCostNeeded: the item never had a cost, and none was stated.
    """
    known = known_value(pool, quantity)
    value = stated_value if known is None else known
    if value is None:
        raise UnitCostNeeded
    return value
