"""What inventory saves is what it loads, and every field of it is saved."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.application.inventory.adjustments import ADJUSTMENTS
from app.application.inventory.locations import LOCATIONS
from app.application.inventory.ports import (
    COST_LAYERS,
    COST_POOLS,
    STOCK_LEVELS,
    STOCK_MOVES,
    VALUATIONS,
)
from app.application.shared.kinds import Kind
from app.domain.inventory.adjustments import Adjustment, AdjustmentLine, AdjustmentReason
from app.domain.inventory.levels import StockLevel
from app.domain.inventory.location import Location
from app.domain.inventory.moves import StockMove
from app.domain.inventory.pool import (
    CostingMethod,
    CostLayer,
    CostPool,
    LayerPart,
    Valuation,
    ValuationKind,
)
from app.domain.shared.documents import DocumentKind
from app.domain.shared.ids import Id
from app.infrastructure.contexts import registry
from app.infrastructure.db.errors import Retry
from app.infrastructure.db.mapping import Mapping
from app.infrastructure.db.reading import build
from tests.support.mapped import loaded_again, unsaved_fields

A, B, C = (Id(bytes(15) + bytes([value])) for value in range(1, 4))
AT, DAY = datetime(2026, 3, 31, 15, tzinfo=UTC), date(2026, 3, 31)

LAYER = CostLayer(A, 3, DAY, DocumentKind("receipt"), B, 1, 10, 9, 90, 1, 8, -2, 5, 50, True)
POOL = CostPool(A, CostingMethod.FIFO, 5, 50, 4, DAY, 15, 10, 7, 70, (LAYER,), 6)

AGGREGATES: list[tuple[Kind[Any], Any]] = [
    (LOCATIONS, Location(A, "MAIN", "Main", False, 2)),
    (STOCK_LEVELS, StockLevel(A, B, 7, 3)),
    (STOCK_MOVES, StockMove(A, B, C, -7, AT, DAY, DocumentKind("sale_return"), A, 2)),
    (COST_LAYERS, LAYER),
    (
        VALUATIONS,
        Valuation(
            A,
            4,
            DAY,
            ValuationKind.PRICE_DIFFERENCE,
            0,
            -3,
            DocumentKind("bill"),
            B,
            1,
            (LayerPart(3, 0, -3, -4),),
        ),
    ),
    (
        ADJUSTMENTS,
        Adjustment(
            A,
            "ADJ/1",
            "REF",
            B,
            AdjustmentReason.COUNT,
            "Shelf",
            AT,
            DAY,
            "GBP",
            -5,
            C,
            AT,
            (AdjustmentLine(1, C, -2, -5),),
        ),
    ),
]


def mapping_of(kind: Kind[Any]) -> Mapping:
    return registry().mappings[kind]


@pytest.mark.parametrize(("kind", "aggregate"), AGGREGATES)
def test_an_aggregate_is_loaded_as_it_was_saved(kind: Kind[Any], aggregate: Any) -> None:
    mapping = mapping_of(kind)
    found = loaded_again(mapping, aggregate)
    assert found == aggregate
    assert repr(found) == repr(aggregate), "texts became enumerations again"
    assert unsaved_fields(mapping, aggregate) == []


def pool_rows(pool: CostPool) -> tuple[Mapping, list[Any], list[Any]]:
    """The row of a pool and the rows of its layers as a read brings them."""
    mapping, layers = mapping_of(COST_POOLS), mapping_of(COST_LAYERS)
    [(_, row)] = mapping.dump(pool)
    layer_rows = [dict(layers.dump(layer)[0][1]) for layer in pool.layers]  # type: ignore[index]
    [children] = mapping.children
    names = (*children.by, *children.columns)
    return (
        mapping,
        [tuple(row[name] for name in mapping.columns)],
        [[tuple(each[name] for name in names) for each in layer_rows]],
    )


def test_a_pool_comes_with_its_open_layers() -> None:
    """The layers are a kind of their own and are saved by themselves."""
    mapping, rows, layers = pool_rows(POOL)
    assert build(mapping, rows, layers) == [POOL]
    assert mapping.brings is not None
    kind, pick = mapping.brings
    assert (kind, list(pick([POOL]))) == (COST_LAYERS, [LAYER])
    assert unsaved_fields(mapping, POOL) == ["layers"]


@pytest.mark.parametrize(
    "stale",
    [
        (replace(LAYER, quantity=6),),
        (replace(LAYER, value=51),),
        (),
        (LAYER, replace(LAYER, seq=4, quantity=1, value=0)),
    ],
)
def test_layers_from_before_the_lock_are_read_again(stale: tuple[CostLayer, ...]) -> None:
    """A pool as it is now with layers as they were: nothing is decided on it."""
    mapping, rows, _ = pool_rows(POOL)
    changed = replace(POOL)
    object.__setattr__(changed, "layers", stale)
    _, _, layers = pool_rows(changed)
    with pytest.raises(Retry):
        build(mapping, rows, layers)
