"""The arithmetic of customer returns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.inventory.errors import PoolInconsistent, UnitCostNeeded
from app.domain.inventory.pool import CostingMethod
from app.domain.inventory.returns import issue_cost, returned_value, value_without_sale
from app.domain.shared.errors import ValueOutOfRange
from tests.unit.domain.inventory.store import AVERAGE, FIFO, Store, units


@settings(max_examples=60, deadline=None)
@given(
    value=st.integers(0, 10**6),
    pieces=st.lists(st.integers(1, 10**7), min_size=1, max_size=8),
)
def test_pieces_add_up_to_the_issue(value: int, pieces: list[int]) -> None:
    """Semantics 1.6: whatever the pieces, the last takes what is left and none is negative."""
    issued, back, back_value = sum(pieces), 0, 0
    for piece in pieces:
        worth = returned_value(issued, value, back, back_value, piece)
        assert worth >= 0
        if not back:
            assert abs(worth * issued - value * piece) * 2 <= issued
        back += piece
        back_value += worth
    assert back_value == value


def test_pieces_that_would_all_round_up() -> None:
    """Ten goods worth 5: halves never add up to more than 5."""
    back_value = 0
    pieces = []
    for back in range(10):
        pieces.append(returned_value(10, 5, back, back_value, 1))
        back_value += pieces[-1]
    assert pieces == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_a_correction_between_two_pieces() -> None:
    """All that was issued is back, so cost of goods sold is zero, the correction included."""
    assert returned_value(2, 20, 0, 0, 1) == 10
    assert returned_value(2, 24, 1, 10, 1) == 14


def test_a_correction_below_what_came_back() -> None:
    """The rest comes back at nothing, never at less."""
    assert returned_value(2, 6, 1, 10, 1) == 0


@pytest.mark.parametrize("quantity", [0, -1, 3])
def test_only_what_is_still_out_comes_back(quantity: int) -> None:
    with pytest.raises(ValueOutOfRange):
        returned_value(5, 50, 3, 30, quantity)


def test_a_return_over_several_layers_is_in_proportion() -> None:
    """FIFO 5@10 and 5@12 in one issue: 4 of them come back at 44."""
    store = Store(FIFO)
    store.receive(units(5), 50_00)
    store.receive(units(5), 60_00)
    sold = store.issue(units(10))
    assert store.take_back(sold, units(4)) == 44_00


def test_each_layer_brings_its_own_correction() -> None:
    """Only the second layer was billed higher: 50 + 60 + 5."""
    store = Store(FIFO)
    store.receive(units(5), 50_00)
    second = store.receive(units(10), 120_00)
    sold = store.issue(units(10))
    store.bill(second.seq, 10_00)
    assert store.cost_now(sold) == 115_00


def test_a_revaluation_does_not_concern_sold_goods() -> None:
    """Goods left at 10 before it and at 8 after it; each comes back at its own cost, billed +1."""
    store = Store(FIFO)
    layer = store.receive(units(3), 30_00)
    before = store.issue(units(1))
    store.revalue(-4_00)
    after = store.issue(units(1))
    assert (store.cost_now(before), store.cost_now(after)) == (10_00, 8_00)
    store.bill(layer.seq, 3_00)
    assert (store.cost_now(before), store.cost_now(after)) == (11_00, 9_00)


def test_a_layer_corrected_below_nothing() -> None:
    """A written-down good that was then credited comes back at nothing; others are untouched."""
    store = Store(FIFO)
    layer = store.receive(units(2), 20_00)
    store.revalue(-18_00)
    store.receive(units(1), 7_00)
    sold = store.issue(units(3))
    assert sold.value == -9_00
    assert store.bill(layer.seq, -5_00).to_cogs == -5_00
    assert store.cost_now(sold) == 7_00


def test_goods_sent_back_take_their_corrections_along() -> None:
    """10 billed at 12, 5 of them sent back, 5 sold: those cost 12 each before and after."""
    store = Store(FIFO)
    layer = store.receive(units(10), 100_00)
    sold = store.issue(units(5))
    store.bill(layer.seq, 20_00)
    assert store.cost_now(sold) == 60_00
    store.send_back(layer.seq, units(5), 60_00)
    assert store.cost_now(sold) == 60_00


def test_a_missing_layer_is_not_passed_over() -> None:
    store = Store(FIFO)
    store.receive(units(1), 10_00)
    sold = store.issue(units(1))
    with pytest.raises(PoolInconsistent):
        issue_cost(-sold.value, sold.parts, {})


@pytest.mark.parametrize("method", [AVERAGE, FIFO])
def test_return_without_a_sale(method: CostingMethod) -> None:
    """R-13: at the current unit cost, else the last known, else as stated, else refused."""
    store = Store(method)
    with pytest.raises(UnitCostNeeded):
        value_without_sale(store.pool, units(1), None)
    assert value_without_sale(store.pool, units(1), 3_00) == 3_00
    store.receive(units(4), 40_00)
    assert value_without_sale(store.pool, units(1), 3_00) == 10_00
    store.issue(units(4))
    assert value_without_sale(store.pool, units(2), 3_00) == 20_00
