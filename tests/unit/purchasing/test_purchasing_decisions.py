"""The decisions of purchasing on what was loaded: worked numbers, refusals, what is asked when."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.application.accounting.ports import BOOKS, NUMBER_SERIES, OPEN_ITEMS, PERIODS
from app.application.inventory.ports import COST_LAYERS, COST_POOLS, STOCK_LEVELS, VALUATIONS
from app.application.purchasing.bills import BILL, BILLS
from app.application.purchasing.receipts import RECEIPT_PROGRESS, RECEIPTS
from app.domain.accounting.open_items import Side
from app.domain.accounting.periods import PriceDifferencePolicy
from app.domain.inventory.errors import Backdated
from app.domain.inventory.pool import ValuationKind, check_pool
from app.domain.purchasing.errors import OverBilled, SupplierNumberTaken
from app.domain.shared.errors import DomainError, Duplicate, IdTaken, ReferenceNotFound
from app.domain.shared.fields import COSTS
from app.domain.shared.ids import Id
from tests.support.memory import asked
from tests.support.trading import Trade
from tests.support.trading import asked as request


def test_receipt_bill_and_open_item() -> None:
    """Semantics 3.2.1, with what is left open between the company and the supplier."""
    trade = Trade()
    receipt = trade.receive((trade.product("A"), "10", "10"))
    assert receipt["number"] == "RCP/2026/MAIN/000001"
    assert trade.balances() == {"stock": 10_000, "grni": -10_000}
    bill = trade.bill(receipt, ("10", "10"))
    assert bill["number"] == "BIL/2026/000001"
    assert trade.balances() == {"stock": 10_000, "payables": -10_000}
    (item,) = trade.all(OPEN_ITEMS)
    assert (item.side, item.amount, item.settled) == (Side.PAYABLE, 10_000, 0)
    assert item.due_on == item.effective_on
    assert [each.kind for each in trade.all(VALUATIONS)] == [ValuationKind.RECEIPT]


@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_the_difference_of_a_bill_is_split(costing: str) -> None:
    """[C] receive 10 at 10, issue 6, bill at 12: 8 to stock, 12 to cost of goods sold."""
    trade = Trade()
    product = trade.product("A", costing)
    receipt = trade.receive((product, "10", "10"))
    trade.adjust("damage", (product, "-6"))
    bill = trade.bill(receipt, ("10", "12"))
    assert bill["lines"][0]["difference_in_stock"] == "8.00"
    assert trade.balances() == {
        "stock": 4_800,
        "shrinkage": 6_000,
        "cost_of_goods_sold": 1_200,
        "payables": -12_000,
    }
    (pool,) = trade.all(COST_POOLS)
    assert (pool.quantity, pool.value) == (4_000_000, 4_800)
    check_pool(pool)


def test_a_bill_asks_in_the_order_of_the_locks() -> None:
    """Pools only where a value changes, layers after their pools, month and number last."""
    trade = Trade()
    same, dearer = trade.product("A"), trade.product("B")
    receipt = trade.receive((same, "5", "1"), (dearer, "5", "1"))
    trade.bill(receipt, ("5", "1"), ("2", "1.5"))
    pools = [needs for needs in trade.reads if asked(needs, COST_POOLS)]
    (locked,) = pools
    assert locked.keys[COST_POOLS, COST_POOLS.lock] == {(dearer,)}
    (last,) = [needs for needs in trade.reads if asked(needs, COST_LAYERS)]
    assert trade.reads.index(last) == trade.reads.index(locked) + 1 == len(trade.reads) - 1
    assert asked(last, PERIODS)
    assert asked(last, NUMBER_SERIES)
    trade.settings(price_difference_policy=PriceDifferencePolicy.VARIANCE)
    third = trade.receive((same, "1", "1"))
    trade.bill(third, ("1", "9"))
    assert not any(asked(needs, COST_POOLS) for needs in trade.reads)


def test_a_refused_bill_leaves_nothing() -> None:
    """The progress of the good line is dropped with the bad one."""
    trade = Trade()
    receipt = trade.receive((trade.product("A"), "5", "1"), (trade.product("B"), "5", "1"))
    with pytest.raises(OverBilled) as refused:
        trade.bill(receipt, ("5", "1"), ("6", "1"))
    assert [(each.pointer, each.params) for each in refused.value.faults] == [
        ("/lines/1/quantity", {"billable": "5"})
    ]
    assert (trade.all(BILLS), trade.all(RECEIPT_PROGRESS)) == ([], [])


def test_bills_of_one_group_see_each_other() -> None:
    """Two bills with one number decided together: the second is refused."""
    trade = Trade()
    receipt = trade.receive((trade.product("A"), "5", "1"))
    first = trade.bill_of(receipt, ("2", "1.25"), supplier_number="7")
    other = trade.bill_of(receipt, ("3", "1.25"))
    outcomes = trade.run(BILL.create, request(first), request(first), request(other))
    assert isinstance(outcomes[1], SupplierNumberTaken)
    assert [outcomes[0]["number"][-1], outcomes[2]["number"][-1]] == ["1", "2"]
    assert trade.balances() == {"stock": 625, "payables": -625}
    assert len(trade.all(RECEIPTS)) == 1


def test_a_difference_before_a_later_cost_is_refused() -> None:
    """R-01: the pool was costed on a later day."""
    trade = Trade()
    product = trade.product("A")
    receipt = trade.receive((product, "5", "1"))
    trade.now = trade.later(2)
    trade.adjust("damage", (product, "-1"), effective_at=trade.now)
    with pytest.raises(Backdated) as refused:
        trade.bill(receipt, ("5", "2"))
    assert refused.value.params == {"earliest": "2026-04-02"}
    trade.bill(receipt, ("5", "1"))


def test_supplier_return_before_the_bill() -> None:
    """[T] erpnext#15148: 10 at 100 and 5 at 110, 5 back: 516.67 against 500.00 and 16.67."""
    trade = Trade()
    product = trade.product("A")
    receipt = trade.receive((product, "10", "100"))
    trade.receive((product, "5", "110"))
    back = trade.send_back(receipt, (1, "5"))
    assert (back["value"], back["received_value"], back["credit"]) == ("516.67", "500.00", "0.00")
    assert trade.balances() == {
        "stock": 103_333,
        "grni": -105_000,
        "purchase_price_variance": 1_667,
    }
    assert trade.all(OPEN_ITEMS) == []
    first, second, third = trade.reads
    assert asked(second, STOCK_LEVELS)
    assert asked(second, COST_POOLS)
    assert asked(third, COST_LAYERS)
    assert asked(third, NUMBER_SERIES)
    assert asked(first, RECEIPT_PROGRESS)


def test_supplier_return_after_the_bill() -> None:
    """[T] odoo PR 265799: 35 at 20, billed at 15, 20 back at 15: 15 stay at 15.00."""
    trade = Trade()
    receipt = trade.receive((trade.product("A"), "35", "20"))
    trade.bill(receipt, ("35", "15"))
    back = trade.send_back(receipt, (1, "20"))
    assert back["credit"] == "300.00"
    (pool,) = trade.all(COST_POOLS)
    assert (pool.quantity, pool.value) == (15_000_000, 22_500)
    assert trade.balances() == {"stock": 22_500, "payables": -22_500}
    assert [item.amount for item in trade.all(OPEN_ITEMS)] == [52_500, -30_000]


def test_a_return_is_repeated_as_it_was_or_refused() -> None:
    """The same receipt, the same lines of it and the same quantities, under one id."""
    trade = Trade()
    product, id_ = trade.product("A"), trade.new_id()
    first, second = (trade.receive((product, "5", "1"), (product, "5", "1")) for _ in range(2))
    back = trade.send_back(first, (2, "2"), id=id_)
    assert trade.send_back(first, (2, "2"), id=id_) == back
    for receipt, line in ((second, (2, "2")), (first, (1, "2")), (first, (2, "1"))):
        with pytest.raises(IdTaken):
            trade.send_back(receipt, line, id=id_)


@pytest.mark.parametrize("sees_costs", [True, False])
def test_a_repeat_tells_no_cost(sees_costs: bool) -> None:
    """Another price under the same id is refused to callers only who see what goods cost."""
    trade = Trade()
    receipt = trade.receive((trade.product("A"), "5", "1"))
    members = {"id": trade.new_id(), "supplier_number": "7"}
    bill = trade.bill(receipt, ("2", "1.25"), **members)
    if sees_costs:
        with pytest.raises(IdTaken):
            trade.bill(receipt, ("2", "1.30"), **members)
    else:
        held = trade.principal.permissions - {COSTS}
        trade.principal = replace(trade.principal, permissions=held)
        assert trade.bill(receipt, ("2", "1.30"), **members)["id"] == bill["id"]


def test_a_return_of_no_receipt() -> None:
    trade = Trade()
    with pytest.raises(ReferenceNotFound) as refused:
        trade.send_back({"id": "rcp_01JZ8B6Q0G3V5W7X9YABCDEFGH"}, (1, "1"))
    assert [each.pointer for each in refused.value.faults] == ["/receipt_id"]


def test_yen_have_no_decimals() -> None:
    """Amounts follow the currency of the books."""
    trade = Trade("JPY")
    receipt = trade.receive((trade.product("A"), "3", "33.5"))
    assert receipt["value"] == "101"
    assert trade.bill(receipt, ("3", "33.5"))["total"] == "101"
    assert trade.balances() == {"stock": 101, "payables": -101}


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "issue", "bill", "return"]),
        st.integers(1, 9),
        st.integers(0, 400),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(
    actions=ACTIONS,
    costing=st.sampled_from(["average", "fifo"]),
    policy=st.sampled_from(list(PriceDifferencePolicy)),
    recovered=st.booleans(),
)
def test_whatever_is_bought_the_books_agree_with_the_stock(
    actions: list[tuple[str, int, int]],
    costing: str,
    policy: PriceDifferencePolicy,
    recovered: bool,
) -> None:
    """Stock is its pool, GRNI what was not billed, payables the open items, after every step."""
    trade = Trade()
    trade.settings(price_difference_policy=policy)
    tax = trade.tax(("7", True), ("2.5", recovered))
    product = trade.product("A", costing, purchase_tax_id=tax)
    receipts: list[Any] = []
    for action, quantity, cents in actions:
        try:
            _act(trade, product, receipts, action, str(quantity), f"{cents / 100:.2f}")
        except DomainError as refusal:
            assert not isinstance(refusal, Duplicate)
            assert refusal.kind.value in {"conflict", "rule_broken"}
        _check(trade, product)


def _act(
    trade: Trade, product: Id, receipts: list[Any], action: str, quantity: str, price: str
) -> None:
    if action == "receive":
        receipts.append(trade.receive((product, quantity, price)))
    elif action == "issue":
        trade.adjust("damage", (product, f"-{quantity}"))
    elif receipts and action == "bill":
        trade.bill(receipts[int(quantity) % len(receipts)], (quantity, price))
    elif receipts:
        trade.send_back(receipts[int(price[-1]) % len(receipts)], (1, quantity))


def _check(trade: Trade, product: Id) -> None:
    balances = trade.balances()
    pool = trade.kept.get(COST_POOLS, {}).get((product,))
    if pool is not None:
        check_pool(pool)
        assert balances.get("stock", 0) == pool.value
        assert sum(level.on_hand for level in trade.all(STOCK_LEVELS)) == pool.quantity
    assert sum(balances.values()) == 0
    cleared = sum(each.billed_value + each.returned_value for each in trade.all(RECEIPT_PROGRESS))
    received = sum(receipt.value for receipt in trade.all(RECEIPTS))
    assert -balances.get("grni", 0) == received - cleared
    assert -balances.get("payables", 0) == sum(item.amount for item in trade.all(OPEN_ITEMS))
    assert trade.all(BOOKS)[0].currency == "GBP"
