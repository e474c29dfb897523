"""Bills, returns to the supplier and revaluations beyond the worked numbers."""

from dataclasses import replace

import pytest

from app.domain.inventory.corrections import price_difference, return_to_supplier, revalue
from app.domain.inventory.errors import (
    Backdated,
    BelowZero,
    MoreThanReceived,
    NothingOnHand,
    PoolInconsistent,
    ValueBelowZero,
)
from app.domain.inventory.pool import CostingMethod
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.numbers import AMOUNT_MAX
from tests.unit.domain.inventory.store import (
    AVERAGE,
    DAY,
    FIFO,
    OTHER_PRODUCT,
    SOURCE,
    Store,
    day,
    units,
)

both = pytest.mark.parametrize("method", [AVERAGE, FIFO])


@both
def test_part_bills_add_up_to_one_bill(method: CostingMethod) -> None:
    """A bill for 4 and one for 6 of the 10 do what a bill for all 10 does."""
    store = Store(method)
    layer = store.receive(units(10), 100_00)
    store.issue(units(6))
    parts = [store.bill(layer.seq, 8_00), store.bill(layer.seq, 12_00)]
    assert [(part.to_stock, part.to_cogs) for part in parts] == [(3_20, 4_80), (4_80, 7_20)]
    assert store.pool.value == 48_00


@both
def test_a_sale_between_two_part_bills(method: CostingMethod) -> None:
    """10@10; 5 billed at 12, 5 sold, 5 billed at 12: 60 in stock and 60 in cost of sales."""
    store = Store(method)
    layer = store.receive(units(10), 100_00)
    assert store.bill(layer.seq, 10_00).to_cogs == 0
    assert store.issue(units(5)).value == -55_00
    assert store.bill(layer.seq, 10_00).to_cogs == 5_00
    assert store.pool.value == 60_00


@both
def test_sold_goods_are_judged_oldest_first(method: CostingMethod) -> None:
    """Semantics 2.6.1: of two receipts the first is sold, also under average."""
    store = Store(method)
    first = store.receive(units(10), 100_00)
    second = store.receive(units(10), 100_00)
    store.issue(units(12))
    assert store.bill(first.seq, 10_00).to_stock == 0
    split = store.bill(second.seq, 10_00)
    assert (split.to_stock, split.to_cogs) == (8_00, 2_00)


@both
def test_everything_sold(method: CostingMethod) -> None:
    """An emptied pool takes no value: all to cost of sales."""
    store = Store(method)
    layer = store.receive(units(10), 100_00)
    store.issue(units(10))
    split = store.bill(layer.seq, 20_00)
    assert (split.to_stock, split.to_cogs) == (0, 20_00)
    assert split.valuation.value == store.pool.value == 0
    assert store.layers[layer.seq].correction == 20_00


@both
def test_a_credit_never_takes_more_than_there_is(method: CostingMethod) -> None:
    """A negative difference beyond the value on hand goes to cost of sales."""
    store = Store(method)
    layer = store.receive(units(10), 100_00)
    store.issue(units(5))
    store.revalue(-48_00)
    split = store.bill(layer.seq, -20_00)
    assert (split.to_stock, split.to_cogs) == (-2_00, -18_00)
    assert store.pool.value == 0


@both
def test_goods_sent_back_take_no_share_of_a_bill(method: CostingMethod) -> None:
    """10@10, 4 sent back, the other 6 billed at 12: nothing was sold, all 12 to stock."""
    store = Store(method)
    layer = store.receive(units(10), 100_00)
    store.send_back(layer.seq, units(4), 40_00)
    split = store.bill(layer.seq, 12_00)
    assert (split.to_stock, split.to_cogs) == (12_00, 0)
    assert store.pool.value == 72_00


@both
def test_goods_sent_back_do_not_count_as_sold(method: CostingMethod) -> None:
    """The second receipt goes back while the first lies there; later sales take what is left."""
    store = Store(method)
    first = store.receive(units(10), 100_00)
    second = store.receive(units(10), 100_00)
    third = store.receive(units(10), 100_00)
    store.send_back(second.seq, units(8), 80_00)
    assert store.bill(first.seq, 1_00).to_stock == 1_00
    store.issue(units(11))
    assert store.bill(first.seq, 1_00).to_stock == 0
    assert store.bill(second.seq, 1_00).to_stock == 50
    store.issue(units(3))
    assert store.bill(second.seq, 1_00).to_stock == 0
    assert store.bill(third.seq, 1_00).to_stock == 80
    assert not store.layers[second.seq].is_open


@both
def test_a_receipt_sent_back_as_a_whole(method: CostingMethod) -> None:
    """Nothing of it was kept, so a late difference is no matter of stock."""
    store = Store(method)
    layer = store.receive(units(2), 20_00)
    store.receive(units(2), 20_00)
    store.send_back(layer.seq, units(1), 10_00)
    store.send_back(layer.seq, units(1), 10_00)
    split = store.bill(layer.seq, 1_00)
    assert (split.to_stock, split.to_cogs) == (0, 1_00)


@both
def test_a_receipt_whose_goods_were_sold_sends_back_the_oldest_others(
    method: CostingMethod,
) -> None:
    """Semantics 2.3.4: the goods of that receipt, if still there; else others leave."""
    store = Store(method)
    first = store.receive(units(4), 40_00)
    second = store.receive(units(4), 80_00)
    store.issue(units(3))
    sent = store.send_back(first.seq, units(3), 30_00)
    value = {AVERAGE: 45_00, FIFO: 50_00}[method]
    assert (sent.valuation.value, sent.variance) == (-value, value - 30_00)
    assert store.layers[first.seq].sent_back == units(3)
    assert store.bill(second.seq, 4_00).to_stock == 2_00


@both
def test_sending_back_everything_leaves_no_value(method: CostingMethod) -> None:
    store = Store(method)
    layer = store.receive(units(3), 10)
    store.bill(layer.seq, 1)
    sent = store.send_back(layer.seq, units(3), 10)
    assert (sent.valuation.value, sent.variance) == (-11, 1)
    assert (store.pool.quantity, store.pool.value, store.pool.layers) == (0, 0, ())


@both
def test_refused_returns_to_the_supplier(method: CostingMethod) -> None:
    store = Store(method)
    layer = store.receive(units(4), 40_00)
    store.send_back(layer.seq, units(1), 10_00)
    with pytest.raises(BelowZero):
        store.send_back(layer.seq, units(4), 40_00)
    store.receive(units(4), 40_00)
    with pytest.raises(MoreThanReceived):
        store.send_back(layer.seq, units(3) + 1, 40_00)
    with pytest.raises(ValueOutOfRange):
        store.send_back(layer.seq, 0, 0)
    with pytest.raises(ValueOutOfRange):
        store.send_back(layer.seq, 1, -1)
    with pytest.raises(Backdated):
        return_to_supplier(store.pool, day(-1), layer, 1, claimed=0, source=SOURCE)
    foreign = replace(layer, product_id=OTHER_PRODUCT)
    with pytest.raises(PoolInconsistent):
        return_to_supplier(store.pool, DAY, foreign, 1, claimed=0, source=SOURCE)


@both
def test_refused_price_differences(method: CostingMethod) -> None:
    store = Store(method)
    layer = store.receive(units(4), 40_00)
    with pytest.raises(ValueOutOfRange):
        store.bill(layer.seq, 0)
    with pytest.raises(ValueOutOfRange):
        store.bill(layer.seq, AMOUNT_MAX + 1)
    with pytest.raises(ValueOutOfRange):
        store.bill(layer.seq, AMOUNT_MAX)
    with pytest.raises(Backdated):
        price_difference(store.pool, day(-1), layer, 1, SOURCE)
    with pytest.raises(PoolInconsistent):
        price_difference(store.pool, DAY, replace(layer, product_id=OTHER_PRODUCT), 1, SOURCE)


@both
def test_corrections_of_sold_goods_stay_within_the_books(method: CostingMethod) -> None:
    """They touch no value on hand, so the layer itself must hold the limit."""
    store = Store(method)
    layer = store.receive(units(4), 40_00)
    store.issue(units(4))
    store.bill(layer.seq, AMOUNT_MAX)
    with pytest.raises(ValueOutOfRange):
        store.bill(layer.seq, 1)


def test_an_old_copy_of_an_open_layer_does_no_harm() -> None:
    """The pool's own copy of an open layer counts, not the one that was passed in."""
    store = Store(FIFO)
    stale = store.receive(units(10), 100_00)
    store.issue(units(6))
    split = price_difference(store.pool, DAY, stale, 20_00, SOURCE)
    assert (split.to_stock, split.layers[0].quantity) == (8_00, units(4))


def test_revaluation_of_an_average_pool() -> None:
    """Semantics 2.7.1 and 2.7.2: later issues leave at the lowered cost."""
    store = Store(AVERAGE)
    store.receive(units(4), 40_00)
    done = store.revalue(-8_00)
    assert (done.valuation.value, done.valuation.quantity, done.layers) == (-8_00, 0, ())
    assert store.issue(units(1)).value == -8_00


def test_revaluation_of_fifo_layers_is_by_quantity() -> None:
    store = Store(FIFO)
    store.receive(units(3), 30_00)
    store.receive(units(1), 20_00)
    done = store.revalue(4_00)
    assert [part.value for part in done.valuation.parts] == [3_00, 1_00]
    assert [layer.value for layer in store.pool.layers] == [33_00, 21_00]


def test_a_fifo_layer_without_enough_value_gives_all_it_has() -> None:
    """The others give the rest by value; a layer that gives nothing is not written."""
    store = Store(FIFO)
    store.receive(units(2), 1_00)
    store.receive(units(1), 90_00)
    store.receive(units(1), 10_00)
    store.receive(units(6), 0)
    done = store.revalue(-50_00)
    assert [layer.value for layer in store.pool.layers] == [0, 48_17, 2_83, 0]
    assert [part.value for part in done.valuation.parts] == [-1_00, -41_83, -7_17]
    assert [layer.seq for layer in done.layers] == [1, 2, 3]


@both
def test_a_revaluation_may_take_everything(method: CostingMethod) -> None:
    store = Store(method)
    store.receive(units(3), 10)
    store.receive(units(5), 3)
    with pytest.raises(ValueBelowZero):
        store.revalue(-14)
    store.revalue(-13)
    assert (store.pool.quantity, store.pool.value) == (units(8), 0)


@both
def test_refused_revaluations(method: CostingMethod) -> None:
    store = Store(method)
    with pytest.raises(NothingOnHand):
        store.revalue(1)
    store.receive(units(3), 10)
    with pytest.raises(ValueOutOfRange):
        store.revalue(0)
    with pytest.raises(ValueOutOfRange):
        store.revalue(AMOUNT_MAX)
    with pytest.raises(Backdated):
        revalue(store.pool, day(-1), 1, SOURCE)
