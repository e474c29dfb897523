"""Cost pools: the quantity and the exact value of an item, and the layers behind them.

Value is the fact; a unit cost is value divided by quantity and is only shown (semantics 2.1). All
quantities are in the base unit, scaled by 10^6; all values are minor units of company money.

**Layers.** Every receipt leaves a ``CostLayer``, so that a later bill or a return to the supplier
finds its goods again. What a layer knows depends on the method:

- FIFO: ``quantity`` and ``value`` are what is left of the layer. The pool holds all open layers,
  oldest first. Customer returns and gains form layers too.
- Average: goods are not told apart, and a sale changes the pool's row only. Which goods were sold
  is judged oldest first (semantics 2.6), by counting: all goods that ever came in stand in one
  queue, a layer's goods from ``position`` on, and everything before the pool's ``total_out`` is
  gone. Goods that went back to their supplier leave a gap at the end of their layer, which
  ``total_out`` jumps when it gets there. A layer is open, and held by the pool, only while such a
  gap lies ahead, so the pool of an average item nearly always holds none.

**Writing.** An operation answers with the layers it changed or made (``Costed.layers``), the ones
it emptied included; no other layer needs to be written, and none to be compared. An issue takes
from app.domain.shared.documents import DocumentKind
from the front of the tuple; cutting a tuple of 500 layers costs about a microsecond.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from app.domain.inventory.errors import Backdated, PoolInconsistent
from app.domain.inventory.moves import Source
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, BIGINT_MAX, QUANTITY_MAX


class CostingMethod(StrEnum):
    """How the value of goods that leave is found (semantics 2.2)."""

    AVERAGE = "average"
    FIFO = "fifo"


class ValuationKind(StrEnum):
    """What changed the value of a pool."""

    RECEIPT = "receipt"
    ISSUE = "issue"
    CUSTOMER_RETURN = "customer_return"
    SUPPLIER_RETURN = "supplier_return"
    PRICE_DIFFERENCE = "price_difference"
    REVALUATION = "revaluation"
    GAIN = "gain"
    LOSS = "loss"


@frozen
class CostLayer:
    """The goods of one receipt (under FIFO also of one return or gain).

    ``seq`` is the ``seq`` of the valuation that made the layer. ``quantity_in`` and ``value_in``
    are what came in and never change. ``sent_back`` is how much of the receipt was returned to the
    supplier; ``kept`` is ``quantity_in`` less those of these goods that really were this layer's.
    ``correction`` is the sum of later price differences on the kept goods, sold or not.
    ``quantity`` and ``value`` are what is left under FIFO, and 0 under average.
    ``is_open``: the pool needs the layer to cost the next issue.

    Raises:
        PoolInconsistent: the numbers contradict each other.
    """

    product_id: Id
    seq: int
    received_on: date
    source_kind: DocumentKind
    source_id: Id
    line: int
    position: int
    quantity_in: int
    value_in: int
    sent_back: int
    kept: int
    correction: int
    quantity: int
    value: int
    is_open: bool

    def __post_init__(self) -> None:
        if not 0 <= self.quantity <= self.kept <= self.quantity_in:
            raise PoolInconsistent
        if not 0 <= self.quantity_in - self.kept <= self.sent_back <= self.quantity_in:
            raise PoolInconsistent
        if self.value < 0 or (self.value and not self.quantity):
            raise PoolInconsistent

    def with_left(self, quantity: int, value: int) -> "CostLayer":
        """The FIFO layer with this much left; an empty layer is closed."""
        return CostLayer(
            self.product_id,
            self.seq,
            self.received_on,
            self.source_kind,
            self.source_id,
            self.line,
            self.position,
            self.quantity_in,
            self.value_in,
            self.sent_back,
            self.kept,
            self.correction,
            quantity,
            value,
            quantity > 0,
        )


@frozen
class LayerPart:
    """What one FIFO layer gave (signs as in the valuation: an issue has both below 0).

    ``correction`` is, for goods that leave, the share of the layer's corrections inside their
    value; for a price difference, the whole difference, sold goods included.
    """

    layer_seq: int
    quantity: int
    value: int
    correction: int


@frozen
class Valuation:
    """The append-only fact that a pool changed: signed quantity and value, and why.

    Entries of a pool are ordered by (``on``, ``seq``) and both ascend together (rulings R-01). The
    sum of all entries is the pool. Under FIFO the ``parts`` of whatever leaves, corrects or
    revalues sum to the entry; what made a layer has none, and nothing under average has any.
    """

    product_id: Id
    seq: int
    on: date
    kind: ValuationKind
    quantity: int
    value: int
    source_kind: DocumentKind
    source_id: Id
    line: int
    parts: tuple[LayerPart, ...]


@frozen
class CostPool:
    """All goods of an item in the company, with their value.

    ``pool_seq`` is the ``seq`` of the last valuation and ``last_costed_on`` its day, None before
    the first. ``total_in`` and ``total_out`` count the queue of goods (module docstring).
    ``last_quantity`` and ``last_value`` are what the pool held just before it was last emptied: the
    last known cost, exact and in any currency; both 0 when it never was.
    ``layers`` are the open ones, oldest first. The store counts ``version``.

    Raises:
        PoolInconsistent: the numbers contradict each other.
        ValueOutOfRange: more than the books hold.
    """

    product_id: Id
    method: CostingMethod
    quantity: int
    value: int
    pool_seq: int
    last_costed_on: date | None
    total_in: int
    total_out: int
    last_quantity: int
    last_value: int
    layers: tuple[CostLayer, ...]
    version: int

    def __post_init__(self) -> None:
        if self.quantity < 0 or self.value < 0 or (self.value and not self.quantity):
            raise PoolInconsistent
        if self.method is CostingMethod.FIFO and bool(self.layers) != bool(self.quantity):
            raise PoolInconsistent
        if self.quantity > QUANTITY_MAX or self.value > AMOUNT_MAX or self.total_in > BIGINT_MAX:
            raise ValueOutOfRange

    @classmethod
    def new(cls, product_id: Id, method: CostingMethod) -> "CostPool":
        """The empty pool of an item that never had stock."""
        return cls(product_id, method, 0, 0, 0, None, 0, 0, 0, 0, (), 1)

    def check_day(self, on: date) -> None:
        """Let an operation of the business day ``on`` pass.

        Raises:
            Backdated: the pool was costed on a later day (rulings R-01).
        """
        if self.last_costed_on is not None and on < self.last_costed_on:
            raise Backdated(earliest=self.last_costed_on.isoformat())

    def moved(
        self,
        on: date,
        quantity: int,
        value: int,
        layers: tuple[CostLayer, ...],
        *,
        total_in: int = 0,
        total_out: int = 0,
    ) -> "CostPool":
        """The pool after one more valuation of signed ``quantity`` and ``value``.

        ``total_in`` and ``total_out`` are added to the queue's counters.
        """
        left = self.quantity + quantity
        emptied = left == 0 and self.quantity > 0
        return CostPool(
            self.product_id,
            self.method,
            left,
            self.value + value,
            self.pool_seq + 1,
            on,
            self.total_in + total_in,
            self.total_out + total_out,
            self.quantity if emptied else self.last_quantity,
            self.value if emptied else self.last_value,
            layers,
            self.version,
        )

    def valuation(
        self,
        on: date,
        kind: ValuationKind,
        quantity: int,
        value: int,
        *,
        source: Source,
        parts: tuple[LayerPart, ...] = (),
    ) -> Valuation:
        """The fact of the operation that comes next in this pool."""
        return Valuation(
            self.product_id,
            self.pool_seq + 1,
            on,
            kind,
            quantity,
            value,
            source.kind,
            source.id,
            source.line,
            parts,
        )


class Costed(NamedTuple):
    """What an operation made: the pool after it, its fact, and the layers to write."""

    pool: CostPool
    valuation: Valuation
    layers: tuple[CostLayer, ...]


def check_pool(pool: CostPool) -> None:
    """Compare a pool with all its open layers: for reconciliation, and after a restore.

    Raises:
        PoolInconsistent: layers are out of order or of another item, do not sum to a FIFO pool, or
            the counters and gaps of an average pool do not give its quantity.
    """
    layers = pool.layers
    seqs = [layer.seq for layer in layers]
    if seqs != sorted(set(seqs)) or any(not layer.is_open for layer in layers):
        raise PoolInconsistent
    if any(layer.product_id != pool.product_id for layer in layers):
        raise PoolInconsistent
    if pool.method is CostingMethod.FIFO:
        quantity = sum(layer.quantity for layer in layers)
        value = sum(layer.value for layer in layers)
    else:
        gaps = sum(layer.quantity_in - layer.kept for layer in layers)
        quantity = pool.total_in - pool.total_out - gaps
        value = pool.value
    if (quantity, value) != (pool.quantity, pool.value):
        raise PoolInconsistent
