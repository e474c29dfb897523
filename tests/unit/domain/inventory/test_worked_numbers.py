"""The published and computed numbers of the domain notes, 3.6; amounts in cents."""

from fractions import Fraction

import pytest

from app.domain.inventory.pool import CostingMethod, CostPool
from app.domain.inventory.returns import returned_value
from tests.unit.domain.inventory.store import AVERAGE, FIFO, Store, day, units


def unit_cost(pool: CostPool) -> int | Fraction:
    """Money per unit, as it is shown."""
    return Fraction(pool.value, 100) / Fraction(pool.quantity, units(1))


def test_odoo_average() -> None:
    """Odoo: 8@10, 4@16 -> 12.00; deliver 10 -> 24 left; 2@6 -> 9.00."""
    store = Store(AVERAGE)
    store.receive(units(8), 80_00)
    store.receive(units(4), 64_00)
    assert (store.pool.value, unit_cost(store.pool)) == (144_00, 12)
    assert store.issue(units(10)).value == -120_00
    assert store.pool.value == 24_00
    store.receive(units(2), 12_00)
    assert (store.pool.value, unit_cost(store.pool)) == (36_00, 9)


def test_odoo_fifo() -> None:
    """Odoo, the same moves: the issue is 80 + 32; 2@16 stay; with 2@6 it is 44, unit 11."""
    store = Store(FIFO)
    first = store.receive(units(8), 80_00)
    second = store.receive(units(4), 64_00)
    issued = store.issue(units(10))
    assert issued.value == -112_00
    assert [(part.layer_seq, part.quantity, part.value) for part in issued.parts] == [
        (first.seq, -units(8), -80_00),
        (second.seq, -units(2), -32_00),
    ]
    assert (store.pool.value, unit_cost(store.pool)) == (32_00, 16)
    store.receive(units(2), 12_00)
    assert (store.pool.value, unit_cost(store.pool)) == (44_00, 11)


def test_tryton_average() -> None:
    """Tryton: 1@100, 1@200 -> 150; two more at 200 -> 175."""
    store = Store(AVERAGE)
    store.receive(units(1), 100_00)
    store.receive(units(1), 200_00)
    assert unit_cost(store.pool) == 150
    store.receive(units(2), 400_00)
    assert unit_cost(store.pool) == 175


def test_tryton_fifo() -> None:
    """Tryton: 4@10, 2@25 -> 15; sell 3 -> 20; sell 2 -> 25."""
    store = Store(FIFO)
    store.receive(units(4), 40_00)
    store.receive(units(2), 50_00)
    assert unit_cost(store.pool) == 15
    store.issue(units(3))
    assert unit_cost(store.pool) == 20
    store.issue(units(2))
    assert unit_cost(store.pool) == 25


@pytest.mark.parametrize("method", [AVERAGE, FIFO])
def test_erpnext_58550_late_bill_reaches_sold_goods(method: CostingMethod) -> None:
    """Complaint 8: receive 10@10, issue 6, bill at 12: 8 to stock, 12 to cost of goods sold."""
    store = Store(method)
    layer = store.receive(units(10), 100_00)
    store.issue(units(6))
    split = store.bill(layer.seq, 20_00)
    assert (split.to_stock, split.to_cogs) == (8_00, 12_00)
    assert (store.pool.value, unit_cost(store.pool)) == (48_00, 12)


def test_erpnext_15148_supplier_return_at_average() -> None:
    """Complaint 5: 10@100 + 5@110, return 5 of the first: stock 516.67, claim 500, rest 16.67."""
    store = Store(AVERAGE)
    first = store.receive(units(10), 1000_00)
    store.receive(units(5), 550_00)
    sent = store.send_back(first.seq, units(5), 500_00)
    assert (sent.valuation.value, sent.variance) == (-516_67, 16_67)
    assert store.pool.value == 1550_00 - 516_67


def test_erpnext_15148_supplier_return_under_fifo() -> None:
    """The same goods leave at their own cost, so there is no variance."""
    store = Store(FIFO)
    first = store.receive(units(10), 1000_00)
    store.receive(units(5), 550_00)
    sent = store.send_back(first.seq, units(5), 500_00)
    assert (sent.valuation.value, sent.variance) == (-500_00, 0)


@pytest.mark.parametrize("method", [AVERAGE, FIFO])
def test_odoo_265799_refund_leaves_the_cost_alone(method: CostingMethod) -> None:
    """Complaint 7: 35@20, billed at 15, return 20, refund 20@15: the unit cost stays 15."""
    store = Store(method)
    layer = store.receive(units(35), 700_00)
    split = store.bill(layer.seq, -175_00)
    assert (split.to_stock, split.to_cogs) == (-175_00, 0)
    sent = store.send_back(layer.seq, units(20), 300_00)
    assert sent.variance == 0
    assert (store.pool.value, unit_cost(store.pool)) == (225_00, 15)


def test_odoo_259630_the_second_delivery_comes_back_at_its_cost() -> None:
    """FIFO 10, 20, 60 delivered one by one, the second returned: 20, not the mean of 30."""
    store = Store(FIFO)
    for cost in (10_00, 20_00, 60_00):
        store.receive(units(1), cost)
    issues = [store.issue(units(1)) for _ in range(3)]
    assert store.take_back(issues[1], units(1)) == 20_00
    assert store.pool.value == 20_00


@pytest.mark.parametrize("method", [AVERAGE, FIFO])
def test_odoo_106243_returned_at_the_cost_of_the_sale(method: CostingMethod) -> None:
    """Complaint 6 (also Odoo PR 276926): the cost changes after the sale; the return is at 10."""
    store = Store(method)
    store.receive(units(4), 40_00)
    sold = store.issue(units(2))
    store.today = day(1)
    store.receive(units(10), 300_00)
    assert store.take_back(sold, units(2)) == 20_00


def test_average_return_ignores_a_later_bill() -> None:
    """R-11: under average the posted cost counts; the later difference stays in cost of sales."""
    store = Store(AVERAGE)
    layer = store.receive(units(10), 100_00)
    sold = store.issue(units(6))
    store.bill(layer.seq, 20_00)
    assert store.take_back(sold, units(3)) == 30_00


def test_fifo_return_follows_the_layer() -> None:
    """R-11: under FIFO the layer's cost counts, corrections included, whenever the sale was."""
    store = Store(FIFO)
    layer = store.receive(units(10), 100_00)
    before = store.issue(units(6))
    store.bill(layer.seq, 20_00)
    after = store.issue(units(4))
    assert (store.cost_now(before), store.cost_now(after)) == (72_00, 48_00)
    assert store.take_back(before, units(3)) == 36_00
    assert returned_value(units(6), 72_00, units(3), 36_00, units(3)) == 36_00
