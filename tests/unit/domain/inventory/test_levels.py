"""Levels, moves and shortages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.inventory.errors import BelowZero, InsufficientStock, ZeroQuantity
from app.domain.inventory.levels import Demand, StockLevel, check_shortages
from app.domain.inventory.moves import LevelKey, StockMove, balances
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import Fault, InvalidValue, Kind, ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import QUANTITY_MAX
from tests.unit.domain.inventory.store import (
    DAY,
    DOCUMENT,
    MAIN,
    OTHER_PRODUCT,
    PRODUCT,
    SHOP,
    units,
)

MOVE = StockMove(
    id=DOCUMENT,
    product_id=PRODUCT,
    location_id=MAIN,
    quantity=units(1),
    effective_at=datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
    effective_on=DAY,
    source_kind=DocumentKind("receipt"),
    source_id=DOCUMENT,
    line=0,
)


def level(on_hand: int) -> StockLevel:
    return StockLevel(PRODUCT, MAIN, on_hand, 1)


def demand(line: int, quantity: int, product: Id = PRODUCT, place: Id = MAIN) -> Demand:
    sku = "85123A" if product == PRODUCT else "71053"
    return Demand(f"/lines/{line}/quantity", sku, product, place, quantity)


def refusal(lines: list[Demand], *levels: StockLevel) -> InsufficientStock:
    with pytest.raises(InsufficientStock) as refused:
        check_shortages(lines, {(each.product_id, each.location_id): each for each in levels})
    return refused.value


def test_medusa_16502_lines_of_one_item_are_summed() -> None:
    """Complaint 2: stock 5, lines 3 + 3 of one item: refused, both lines named."""
    error = refusal([demand(0, units(3)), demand(1, units(3))], level(units(5)))
    params: dict[str, str | int] = {"sku": "85123A", "available": "5", "requested": "6"}
    assert error.faults == (
        Fault("/lines/0/quantity", "inventory.insufficient_stock", params),
        Fault("/lines/1/quantity", "inventory.insufficient_stock", params),
    )
    assert error.params == params
    assert error.kind is Kind.CONFLICT


def test_every_short_item_is_named_and_no_other() -> None:
    """Semantics 2.4.1: goods elsewhere do not count; a level that is missing is empty."""
    lines = [
        demand(0, units(2)),
        demand(1, units(5), place=SHOP),
        demand(2, 500_000, OTHER_PRODUCT),
        demand(3, units(3)),
    ]
    elsewhere = StockLevel(OTHER_PRODUCT, SHOP, units(9), 1)
    error = refusal(lines, level(units(5)), StockLevel(PRODUCT, SHOP, 4_250_000, 1), elsewhere)
    assert [(fault.pointer, fault.params["available"]) for fault in error.faults] == [
        ("/lines/1/quantity", "4.25"),
        ("/lines/2/quantity", "0"),
    ]
    assert error.faults[1].params["requested"] == "0.5"


def test_enough_is_enough() -> None:
    """The last unit may be sold."""
    lines = [demand(0, units(3)), demand(1, units(2))]
    check_shortages(lines, {(PRODUCT, MAIN): level(units(5))})
    check_shortages([], {})


def test_what_the_same_document_brings_counts() -> None:
    """An adjustment may bring 3 and take 8 of 5; beyond that only the taking line is at fault."""
    there = {(PRODUCT, MAIN): level(units(5))}
    check_shortages([demand(0, -units(3)), demand(1, units(8))], there)
    error = refusal([demand(0, -units(3)), demand(1, units(9))], level(units(5)))
    assert [fault.pointer for fault in error.faults] == ["/lines/1/quantity"]
    check_shortages([demand(0, -units(3))], {})


@settings(max_examples=60, deadline=None)
@given(
    there=st.dictionaries(
        st.tuples(st.sampled_from([PRODUCT, OTHER_PRODUCT]), st.sampled_from([MAIN, SHOP])),
        st.integers(0, 8),
    ),
    asked=st.lists(
        st.tuples(
            st.sampled_from([PRODUCT, OTHER_PRODUCT]),
            st.sampled_from([MAIN, SHOP]),
            st.integers(1, 5),
        ),
        max_size=6,
    ),
)
def test_a_document_passes_when_no_level_would_end_below_zero(
    there: dict[LevelKey, int], asked: list[tuple[Id, Id, int]]
) -> None:
    """Passing means that the moves can be made in any order; failing, that a named one cannot."""
    levels = {key: StockLevel(*key, on_hand, 1) for key, on_hand in there.items()}
    lines = [demand(at, count, product, place) for at, (product, place, count) in enumerate(asked)]
    left = dict(there)
    for line in lines:
        key = (line.product_id, line.location_id)
        left[key] = left.get(key, 0) - line.quantity
    short = [line.pointer for line in lines if left[line.product_id, line.location_id] < 0]
    if short:
        assert [fault.pointer for fault in refusal(lines, *levels.values()).faults] == short
    else:
        check_shortages(lines, levels)


def test_a_level_moves_and_never_falls_below_zero() -> None:
    new = StockLevel.new(PRODUCT, MAIN)
    assert (new.on_hand, new.version) == (0, 1)
    assert new.move(units(5)).move(-units(5)) == new
    assert replace(new, version=7).move(units(1)).version == 7
    with pytest.raises(BelowZero):
        level(units(5)).move(-units(5) - 1)
    with pytest.raises(ValueOutOfRange):
        level(QUANTITY_MAX).move(1)
    assert level(QUANTITY_MAX - 1).move(1).on_hand == QUANTITY_MAX


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([MAIN, SHOP]), st.integers(-9, 9).filter(bool)), max_size=20)
)
def test_levels_are_the_sum_of_moves(script: list[tuple[Id, int]]) -> None:
    """S1-26: whatever is asked for, balance = sum of the movements that were accepted."""
    levels: dict[LevelKey, StockLevel] = {}
    moves = []
    for place, quantity in script:
        move = replace(MOVE, location_id=place, quantity=quantity)
        present = levels.get(move.key) or StockLevel.new(*move.key)
        try:
            levels[move.key] = present.move(move.quantity)
        except BelowZero:
            assert present.on_hand < -quantity
        else:
            moves.append(move)
    assert balances(moves) == {key: each.on_hand for key, each in levels.items()}


def test_moves_that_are_none() -> None:
    assert MOVE.key == (PRODUCT, MAIN)
    for largest in (QUANTITY_MAX, -QUANTITY_MAX):
        assert replace(MOVE, quantity=largest).quantity == largest
    with pytest.raises(ZeroQuantity):
        replace(MOVE, quantity=0)
    for wrong in (QUANTITY_MAX + 1, -QUANTITY_MAX - 1):
        with pytest.raises(ValueOutOfRange):
            replace(MOVE, quantity=wrong)
    with pytest.raises(ValueOutOfRange):
        replace(MOVE, line=-1)
    with pytest.raises(InvalidValue):
        replace(MOVE, effective_at=datetime(2010, 12, 1, 8, 26))  # noqa: DTZ001
