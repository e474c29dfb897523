"""What comes in and what leaves: edges, refusals, and the last known cost."""

from dataclasses import replace

import pytest

from app.domain.inventory.adjustments import Adjustment, AdjustmentLine
from app.domain.inventory.costing import adjust_gain, issue, known_value, receive, receive_back
from app.domain.inventory.errors import (
    Backdated,
    BelowZero,
    PoolInconsistent,
    UnitCostNeeded,
)
from app.domain.inventory.levels import Demand, StockLevel
from app.domain.inventory.location import Location
from app.domain.inventory.moves import Source, StockMove
from app.domain.inventory.pool import (
    CostingMethod,
    CostLayer,
    CostPool,
    LayerPart,
    Valuation,
    ValuationKind,
    check_pool,
)
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.numbers import AMOUNT_MAX, BIGINT_MAX, QUANTITY_MAX
from tests.unit.domain.inventory.store import (
    AVERAGE,
    DAY,
    FIFO,
    OTHER_PRODUCT,
    PRODUCT,
    SOURCE,
    Store,
    day,
    units,
)

both = pytest.mark.parametrize("method", [AVERAGE, FIFO])


@both
def test_facts_name_their_source_and_kind(method: CostingMethod) -> None:
    store = Store(method)
    store.receive(units(4), 40_00)
    store.issue(units(1))
    store.receive_back(units(1), 10_00)
    store.gain(units(1))
    store.lose(units(1))
    assert [fact.kind for fact in store.facts] == [
        ValuationKind.RECEIPT,
        ValuationKind.ISSUE,
        ValuationKind.CUSTOMER_RETURN,
        ValuationKind.GAIN,
        ValuationKind.LOSS,
    ]
    for fact in store.facts:
        assert (fact.source_kind, fact.source_id, fact.line) == (SOURCE.kind, SOURCE.id, 0)
        assert fact.product_id == PRODUCT


@both
def test_emptying_takes_all_value(method: CostingMethod) -> None:
    """V3: three goods worth 10 leave one by one and no cent stays behind."""
    store = Store(method)
    store.receive(units(3), 10)
    assert [store.issue(units(1)).value for _ in range(3)] == [-3, -4, -3]
    assert (store.pool.quantity, store.pool.value, store.pool.layers) == (0, 0, ())


@both
def test_ties_round_away_from_zero(method: CostingMethod) -> None:
    """R-04: half of 5 leaves at 3."""
    store = Store(method)
    store.receive(units(2), 5)
    assert store.issue(units(1)).value == -3


def test_average_keeps_layers_of_receipts_only() -> None:
    """The row of an average pool is all that a sale, a return or a find changes."""
    store = Store(AVERAGE)
    store.receive(units(4), 40_00)
    store.issue(units(2))
    store.receive_back(units(1), 10_00)
    store.gain(units(1))
    store.lose(units(1))
    assert list(store.layers) == [1]
    assert store.pool.layers == ()
    layer = store.layers[1]
    assert (layer.quantity, layer.value, layer.is_open) == (0, 0, False)
    assert (layer.quantity_in, layer.value_in, layer.kept) == (units(4), 40_00, units(4))


def test_fifo_layers_of_returns_and_gains_queue_behind() -> None:
    """Semantics 2.3.1: a return forms a new layer on the day of the return."""
    store = Store(FIFO)
    store.receive(units(2), 20_00)
    store.today = day(3)
    store.receive_back(units(1), 7_00)
    store.gain(units(1), 5_00)
    assert [layer.received_on for layer in store.pool.layers] == [DAY, day(3), day(3)]
    assert [store.issue(units(1)).value for _ in range(4)] == [-10_00, -10_00, -7_00, -5_00]


def test_fifo_issue_leaves_the_rest_of_a_long_queue_alone() -> None:
    """Only the layers that gave something are handed over to be written."""
    store = Store(FIFO)
    for _ in range(300):
        store.receive(units(1), 10_00)
    done = issue(store.pool, DAY, units(2) + 1, SOURCE)
    assert [layer.seq for layer in done.layers] == [1, 2, 3]
    assert [layer.is_open for layer in done.layers] == [False, False, True]
    assert len(done.pool.layers) == 298
    assert all(
        kept is before
        for kept, before in zip(done.pool.layers[1:], store.pool.layers[3:], strict=True)
    )


@both
def test_backdating_is_refused_with_the_earliest_day(method: CostingMethod) -> None:
    """R-01: a move before the pool's latest costed day; the same day is fine."""
    store = Store(method)
    store.today = day(5)
    store.receive(units(1), 10_00)
    with pytest.raises(Backdated) as refused:
        receive(store.pool, day(4), units(1), 10_00, SOURCE)
    assert refused.value.params == {"earliest": day(5).isoformat()}
    with pytest.raises(Backdated):
        issue(store.pool, day(4), units(1), SOURCE)
    assert receive(store.pool, day(5), units(1), 10_00, SOURCE).pool.quantity == units(2)


@both
def test_issue_beyond_the_pool(method: CostingMethod) -> None:
    store = Store(method)
    store.receive(units(2), 10_00)
    with pytest.raises(BelowZero):
        store.issue(units(2) + 1)
    with pytest.raises(BelowZero):
        store.lose(units(3))


@both
@pytest.mark.parametrize("quantity", [0, -1])
def test_no_quantity(method: CostingMethod, quantity: int) -> None:
    store = Store(method)
    store.receive(units(2), 10_00)
    for act in (
        lambda: store.receive(quantity, 1),
        lambda: store.receive_back(quantity, 1),
        lambda: store.issue(quantity),
        lambda: store.gain(quantity, 1),
        lambda: store.lose(quantity),
    ):
        with pytest.raises(ValueOutOfRange):
            act()


@both
def test_limits_of_the_books(method: CostingMethod) -> None:
    store = Store(method)
    with pytest.raises(ValueOutOfRange):
        store.receive(1, -1)
    with pytest.raises(ValueOutOfRange):
        store.receive(QUANTITY_MAX + 1, 0)
    with pytest.raises(ValueOutOfRange):
        store.receive(1, AMOUNT_MAX + 1)
    store.receive(QUANTITY_MAX, AMOUNT_MAX)
    with pytest.raises(ValueOutOfRange):
        receive_back(store.pool, DAY, 1, 0, SOURCE)
    store.issue(QUANTITY_MAX)
    worn = replace(store.pool, total_in=BIGINT_MAX, total_out=BIGINT_MAX)
    with pytest.raises(ValueOutOfRange):
        receive(worn, DAY, 1, 1, SOURCE)


@both
def test_goods_without_value(method: CostingMethod) -> None:
    """A receipt may be worth nothing; that is a known cost."""
    store = Store(method)
    store.receive(units(2), 0)
    assert store.issue(units(1)).value == 0
    assert store.gain(units(1)).value == 0


@both
def test_gain_takes_the_stated_then_the_current_then_the_last_cost(method: CostingMethod) -> None:
    """Semantics 2.7.3; the last known cost is exact, not a rounded unit cost."""
    store = Store(method)
    with pytest.raises(UnitCostNeeded):
        store.gain(units(3))
    assert store.gain(units(3), 10).value == 10
    assert store.gain(units(3)).value == 10
    assert store.gain(units(6), 1).value == 1
    store.lose(units(12))
    assert known_value(store.pool, units(12)) == 21
    assert store.gain(units(4)).value == 7
    with pytest.raises(ValueOutOfRange):
        adjust_gain(store.pool, DAY, units(1), -1, SOURCE)


@both
def test_last_known_cost_is_that_of_the_last_emptying(method: CostingMethod) -> None:
    store = Store(method)
    assert known_value(store.pool, units(1)) is None
    store.receive(units(2), 20_00)
    store.issue(units(2))
    store.receive(units(2), 60_00)
    store.issue(units(1))
    assert known_value(store.pool, units(1)) == 30_00
    store.issue(units(1))
    assert known_value(store.pool, units(2)) == 60_00


def good_fifo_pool() -> CostPool:
    store = Store(FIFO)
    store.receive(units(2), 20_00)
    store.receive(units(3), 30_00)
    return store.pool


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": -1},
        {"value": -1},
        {"quantity": 0, "layers": ()},
        {"quantity": 0, "value": 0},
        {"layers": ()},
    ],
)
def test_a_pool_that_contradicts_itself(wrong: dict[str, int]) -> None:
    pool = good_fifo_pool()
    with pytest.raises(PoolInconsistent):
        replace(pool, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": -1},
        {"quantity": units(2) + 1},
        {"kept": units(2) + 1},
        {"kept": units(1), "quantity": units(1)},
        {"sent_back": units(2) + 1},
        {"value": -1},
        {"quantity": 0},
    ],
)
def test_a_layer_that_contradicts_itself(wrong: dict[str, int]) -> None:
    layer = good_fifo_pool().layers[0]
    with pytest.raises(PoolInconsistent):
        replace(layer, **wrong)  # type: ignore[arg-type]


def test_check_pool_compares_layers_with_the_pool() -> None:
    """V4: what the constructor does not sum, reconciliation does."""
    pool = good_fifo_pool()
    first, second = pool.layers
    check_pool(pool)
    for layers in (
        (second, first),
        (first, first),
        (first,),
        (first, replace(second, is_open=False)),
        (first, replace(second, product_id=OTHER_PRODUCT)),
        (first, replace(second, value=second.value + 1)),
    ):
        with pytest.raises(PoolInconsistent):
            check_pool(replace(pool, layers=layers))
    average = Store(AVERAGE)
    average.receive(units(2), 20_00)
    check_pool(average.pool)
    with pytest.raises(PoolInconsistent):
        check_pool(replace(average.pool, total_out=1))


@pytest.mark.parametrize(
    "kind",
    [
        Adjustment,
        AdjustmentLine,
        CostLayer,
        CostPool,
        Demand,
        LayerPart,
        Location,
        Source,
        StockLevel,
        StockMove,
        Valuation,
    ],
)
def test_aggregates_and_facts_have_slots(kind: type) -> None:
    """A posted fact cannot grow a member; that none is assigned, the checks see to."""
    value: object = object.__new__(kind)
    with pytest.raises(AttributeError):
        setattr(value, "note", 0)  # noqa: B010 - mypy would refuse the plain assignment
    assert not hasattr(value, "__dict__")
