"""The queue of goods behind a pool: taking the oldest, and finding the goods of one receipt."""

from bisect import bisect_left
from dataclasses import replace
from operator import attrgetter

from app.domain.inventory.errors import PoolInconsistent
from app.domain.inventory.pool import CostingMethod, CostLayer, CostPool, LayerPart
from app.domain.shared.numbers import share

Layers = tuple[CostLayer, ...]

_seq = attrgetter("seq")


def draw(layer: CostLayer, quantity: int) -> tuple[CostLayer, LayerPart]:
    """The FIFO layer without ``quantity`` of its goods, and what they were worth.

    They leave in proportion; the last of them take all the value that is left.
    """
    left = layer.quantity - quantity
    value = share(layer.value, quantity, layer.quantity) if left else layer.value
    correction = share(layer.correction, quantity, layer.kept)
    part = LayerPart(layer.seq, -quantity, -value, correction)
    return layer.with_left(left, layer.value - value), part


def take_oldest(layers: Layers, quantity: int) -> tuple[Layers, list[CostLayer], list[LayerPart]]:
    """Take ``quantity`` from the oldest FIFO layers, which must hold as much.

    Answers with the open layers that are left, the changed ones, and what each gave.
    """
    changed: list[CostLayer] = []
    parts: list[LayerPart] = []
    emptied = 0
    while quantity:
        layer, part = draw(layers[emptied], min(quantity, layers[emptied].quantity))
        changed.append(layer)
        parts.append(part)
        quantity += part.quantity
        if layer.quantity:
            return (layer, *layers[emptied + 1 :]), changed, parts
        emptied += 1
    return layers[emptied:], changed, parts


def pass_oldest(
    layers: Layers, total_out: int, quantity: int
) -> tuple[Layers, list[CostLayer], int]:
    """Let the oldest ``quantity`` goods of an average pool go, jumping the gaps on the way.

    Answers with the layers whose gap still lies ahead, those whose gap was passed, and how far
    ``total_out`` moves.
    """
    reached = total_out + quantity
    passed: list[CostLayer] = []
    for layer in layers:
        if layer.position + layer.kept > reached:
            break
        reached += layer.quantity_in - layer.kept
        passed.append(replace(layer, is_open=False))
    return layers[len(passed) :], passed, reached - total_out


def current(pool: CostPool, layer: CostLayer) -> CostLayer:
    """``layer`` as the pool has it while it is open, else ``layer`` itself.

    Raises:
        PoolInconsistent: the layer is of another item.
    """
    if layer.product_id != pool.product_id:
        raise PoolInconsistent
    place = bisect_left(pool.layers, layer.seq, key=_seq)
    if place < len(pool.layers) and pool.layers[place].seq == layer.seq:
        return pool.layers[place]
    return layer


def with_layer(layers: Layers, layer: CostLayer) -> Layers:
    """The open layers after ``layer`` changed: put in its place, or left out when it is closed."""
    place = bisect_left(layers, layer.seq, key=_seq)
    after = place
    if place < len(layers) and layers[place].seq == layer.seq:
        after += 1
    kept = (layer,) if layer.is_open else ()
    return (*layers[:place], *kept, *layers[after:])


def on_hand(pool: CostPool, layer: CostLayer) -> int:
    """How many goods of the layer are still there, sold ones being judged oldest first."""
    if pool.method is CostingMethod.FIFO:
        return layer.quantity
    return min(max(layer.position + layer.kept - pool.total_out, 0), layer.kept)


def sent_back(layer: CostLayer, quantity: int, own: int) -> CostLayer:
    """The layer after ``quantity`` of its receipt went back, ``own`` of them really its goods."""
    return replace(
        layer,
        sent_back=layer.sent_back + quantity,
        kept=layer.kept - own,
        correction=layer.correction - share(layer.correction, own, layer.kept),
    )
