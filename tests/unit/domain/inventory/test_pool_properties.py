"""Any sequence of operations, against a reference that is written differently.

Every step also passes the checks of ``Store``: layers handed over once and only when they changed,
open layers in order, and their sums (V4, or the counters of an average pool).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.inventory.costing import known_value
from app.domain.inventory.errors import (
    BelowZero,
    MoreThanReceived,
    NothingOnHand,
    UnitCostNeeded,
    ValueBelowZero,
)
from app.domain.inventory.pool import CostingMethod, Valuation
from app.domain.inventory.returns import returned_value
from app.domain.shared.errors import DomainError
from tests.unit.domain.inventory.reference import Issued, Reference, rounded
from tests.unit.domain.inventory.store import AVERAGE, FIFO, Store, day


@dataclass
class Sold:
    """An issue in both worlds, and what came back of it."""

    fact: Valuation
    pieces: list[Issued]
    back: int = 0
    back_value: int = 0


@dataclass
class Pair:
    """The store and the reference, taking the same steps."""

    store: Store
    reference: Reference
    receipts: list[int] = field(default_factory=list)
    sold: list[Sold] = field(default_factory=list)
    sent_back: dict[int, int] = field(default_factory=dict)

    def receive(self, quantity: int, amount: int, _pick: int) -> None:
        layer = self.store.receive(quantity, amount)
        self.reference.come(quantity, amount)
        self.receipts.append(layer.seq)
        self.sent_back[layer.seq] = 0

    def issue(self, quantity: int, amount: int, _pick: int) -> None:
        out = self.store.issue if amount % 4 else self.store.lose
        if self.refused(quantity > self.reference.quantity, BelowZero, lambda: out(quantity)):
            return
        fact = out(quantity)
        value, pieces = self.reference.go(quantity)
        assert (fact.quantity, fact.value) == (-quantity, -value)
        if self.store.pool.method is FIFO:
            given = [(part.layer_seq, -part.quantity, -part.value) for part in fact.parts]
            assert given == [(piece.batch.seq, piece.quantity, piece.value) for piece in pieces]
        else:
            assert fact.parts == ()
        self.sold.append(Sold(fact, pieces))

    def gain(self, quantity: int, amount: int, pick: int) -> None:
        stated = amount if pick % 3 == 0 else None
        cost = self.reference.unit_cost
        unknown = stated is None and cost is None
        if self.refused(unknown, UnitCostNeeded, lambda: self.store.gain(quantity, stated)):
            return
        value = stated if stated is not None else rounded((cost or Fraction(0)) * quantity)
        fact = self.store.gain(quantity, stated)
        assert (fact.quantity, fact.value) == (quantity, value)
        self.reference.come(quantity, value)

    def take_back(self, quantity: int, _amount: int, pick: int) -> None:
        open_sales = [sold for sold in self.sold if sold.back < -sold.fact.quantity]
        if not open_sales:
            return
        sold = open_sales[pick % len(open_sales)]
        out = -sold.fact.quantity - sold.back
        quantity = min(quantity, out)
        cost = self.store.cost_now(sold.fact)
        if self.store.pool.method is FIFO:
            # Each part is rounded twice, and the share of a layer again whenever goods went back.
            tolerance = len(sold.pieces) + sum(1 for gone in self.sent_back.values() if gone)
            assert abs(cost - self.reference.cost_now(sold.pieces)) <= tolerance
        else:
            assert cost == -sold.fact.value
        value = returned_value(-sold.fact.quantity, cost, sold.back, sold.back_value, quantity)
        if quantity == out:
            assert value == max(cost - sold.back_value, 0)
        sold.back += quantity
        sold.back_value += value
        self.store.receive_back(quantity, value)
        self.reference.come(quantity, value)

    def bill(self, _quantity: int, amount: int, pick: int) -> None:
        difference = amount - 100
        if not self.receipts or not difference:
            return
        seq = self.receipts[pick % len(self.receipts)]
        to_stock = self.reference.bill(seq, difference)
        split = self.store.bill(seq, difference)
        assert split.to_stock == split.valuation.value == to_stock
        assert split.to_stock + split.to_cogs == difference
        assert 0 <= split.to_stock / difference <= 1

    def send_back(self, quantity: int, amount: int, pick: int) -> None:
        if not self.receipts:
            return
        seq = self.receipts[pick % len(self.receipts)]
        left = self.store.layers[seq].quantity_in - self.sent_back[seq]
        too_many = quantity > self.reference.quantity
        error = BelowZero if too_many else MoreThanReceived
        refused = too_many or quantity > left
        if self.refused(refused, error, lambda: self.store.send_back(seq, quantity, amount)):
            return
        sent = self.store.send_back(seq, quantity, amount)
        value = self.reference.send_back(seq, quantity)
        assert (sent.valuation.quantity, sent.valuation.value) == (-quantity, -value)
        assert sent.variance == value - amount
        self.sent_back[seq] += quantity

    def revalue(self, _quantity: int, amount: int, _pick: int) -> None:
        delta = amount - 100
        if not delta:
            return
        empty = self.reference.quantity == 0
        error = NothingOnHand if empty else ValueBelowZero
        refused = empty or self.reference.value + delta < 0
        if self.refused(refused, error, lambda: self.store.revalue(delta)):
            return
        self.store.revalue(delta)
        self.reference.revalue(delta, [layer.value for layer in self.store.pool.layers])

    def refused(self, expected: bool, error: type[DomainError], act: Callable[[], object]) -> bool:
        """Whether the step must fail; then it does, and changes nothing."""
        if expected:
            before = (self.store.pool, dict(self.store.layers), len(self.store.facts))
            with pytest.raises(error):
                act()
            assert before == (self.store.pool, self.store.layers, len(self.store.facts))
        return expected

    def agree(self) -> None:
        pool, reference = self.store.pool, self.reference
        assert (pool.quantity, pool.value) == (reference.quantity, reference.value)
        assert pool.quantity or not pool.value  # V3
        cost = reference.unit_cost
        assert known_value(pool, 7) == (None if cost is None else rounded(cost * 7))


STEPS = (
    Pair.receive,
    Pair.issue,
    Pair.bill,
    Pair.send_back,
    Pair.take_back,
    Pair.gain,
    Pair.receive,
    Pair.issue,
    Pair.revalue,
    Pair.issue,
)


@pytest.mark.parametrize("method", [AVERAGE, FIFO])
@settings(max_examples=60, deadline=None)
@given(script=st.binary(min_size=80, max_size=240))
def test_every_sequence_of_operations(method: CostingMethod, script: bytes) -> None:
    """V1, V3, V4 and the splits hold after every step; the facts alone rebuild pool and layers."""
    pair = Pair(Store(method), Reference(fifo=method is FIFO))
    for at in range(0, len(script) - 3, 4):
        step, quantity, amount, pick = script[at : at + 4]
        pair.store.today = day(at // 12)
        STEPS[step % len(STEPS)](pair, quantity % 20 + 1, amount, pick)
        pair.agree()
    rebuild(pair.store)


def rebuild(store: Store) -> None:
    """The sum of the valuation entries is the pool, the sum of a layer's parts is the layer."""
    assert sum(fact.quantity for fact in store.facts) == store.pool.quantity
    assert sum(fact.value for fact in store.facts) == store.pool.value
    assert [fact.seq for fact in store.facts] == list(range(1, store.pool.pool_seq + 1))
    if store.pool.method is AVERAGE:
        assert all(fact.parts == () for fact in store.facts)
        return
    left = {seq: (layer.quantity_in, layer.value_in) for seq, layer in store.layers.items()}
    for fact in store.facts:
        if fact.seq not in store.layers:
            assert sum(part.quantity for part in fact.parts) == fact.quantity
            assert sum(part.value for part in fact.parts) == fact.value
        for part in fact.parts:
            quantity, value = left[part.layer_seq]
            left[part.layer_seq] = quantity + part.quantity, value + part.value
    assert left == {seq: (layer.quantity, layer.value) for seq, layer in store.layers.items()}
