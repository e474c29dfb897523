"""Inventory in the database: how its aggregates are loaded and saved."""

from collections.abc import Iterable, Sequence
from typing import Any

from app.application.inventory.adjustments import ADJUSTMENT
from app.application.inventory.locations import LOCATION
from app.application.inventory.ports import (
    COST_LAYERS,
    COST_POOLS,
    STOCK_LEVELS,
    STOCK_MOVES,
    VALUATIONS,
)
from app.application.inventory.scraps import SCRAP
from app.application.inventory.stock import LEVEL, MOVE
from app.application.inventory.transfers import TRANSFER
from app.domain.inventory.errors import PoolInconsistent
from app.domain.inventory.levels import StockLevel
from app.domain.inventory.moves import StockMove
from app.domain.inventory.pool import (
    CostingMethod,
    CostLayer,
    CostPool,
    LayerPart,
    Valuation,
    ValuationKind,
    check_pool,
)
from app.infrastructure.db.declared import Stored, listed, stored_document, stored_master
from app.infrastructure.db.errors import Retry
from app.infrastructure.db.mapping import Children, Mapping, TableRow, flat, row_maker
from app.infrastructure.inventory import tables

LAYER_MAPPING = flat(COST_LAYERS, tables.cost_layers, CostLayer, key=("product_id", "seq"))

_POOL_COLUMNS = (
    "product_id",
    "method",
    "quantity",
    "value",
    "pool_seq",
    "last_costed_on",
    "total_in",
    "total_out",
    "last_quantity",
    "last_value",
    "version",
)
_pool_row = row_maker(_POOL_COLUMNS)


def _load_pool(row: Sequence[Any], layers: Sequence[Sequence[Any]]) -> CostPool:
    """The pool with its open layers.

    A read that had to wait for the lock of a pool on PostgreSQL sees the pool as it is now and the
    layers as they were before: they do not fit together, and the work is run anew.
    """
    product_id, method, *numbers, version = row
    loaded = tuple(LAYER_MAPPING.load((product_id, *layer)) for layer in layers)
    values: list[Any] = [product_id, CostingMethod(method), *numbers, loaded, version]
    try:
        pool = CostPool(*values)
        check_pool(pool)
    except PoolInconsistent as error:
        raise Retry(error.code) from error
    return pool


def _dump_pool(pool: CostPool) -> list[TableRow]:
    """The row of the pool; its layers are a kind of their own, written where they changed."""
    return [(tables.cost_pools, _pool_row(pool))]


def _layers_of(pools: Iterable[CostPool]) -> list[CostLayer]:
    return [layer for pool in pools for layer in pool.layers]


_VALUATION_COLUMNS = (
    "product_id",
    "seq",
    "effective_on",
    "kind",
    "quantity",
    "value",
    "source_kind",
    "source_id",
    "line",
    "parts",
)


def _load_valuation(row: Sequence[Any]) -> Valuation:
    product_id, seq, on, kind, quantity, value, source_kind, source_id, line, parts = row
    return Valuation(
        product_id,
        seq,
        on,
        ValuationKind(kind),
        quantity,
        value,
        source_kind,
        source_id,
        line,
        tuple(LayerPart(*part) for part in parts),
    )


def _dump_valuation(valuation: Valuation) -> list[TableRow]:
    row = {
        "product_id": valuation.product_id,
        "seq": valuation.seq,
        "effective_on": valuation.on,
        "kind": valuation.kind,
        "quantity": valuation.quantity,
        "value": valuation.value,
        "source_kind": valuation.source_kind,
        "source_id": valuation.source_id,
        "line": valuation.line,
        "parts": [
            [part.layer_seq, part.quantity, part.value, part.correction] for part in valuation.parts
        ],
    }
    return [(tables.valuations, row)]


MAPPINGS = (
    flat(STOCK_LEVELS, tables.stock_levels, StockLevel, key=("product_id", "location_id")),
    flat(STOCK_MOVES, tables.stock_moves, StockMove),
    LAYER_MAPPING,
    Mapping(
        COST_POOLS,
        tables.cost_pools,
        _POOL_COLUMNS,
        ("product_id",),
        _load_pool,
        _dump_pool,
        children=(
            Children(
                tables.cost_layers,
                LAYER_MAPPING.columns[1:],
                by=("product_id",),
                order=("seq",),
                where="c.is_open",
            ),
        ),
        brings=(COST_LAYERS, _layers_of),
    ),
    Mapping(
        VALUATIONS,
        tables.valuations,
        _VALUATION_COLUMNS,
        ("product_id", "seq"),
        _load_valuation,
        _dump_valuation,
    ),
)

STORED = (
    stored_master(LOCATION, tables.locations),
    Stored((), (listed(LEVEL.listed, LEVEL.summary, tables.stock_levels, key="location_id"),)),
    Stored((), (listed(MOVE.listed, MOVE.summary, tables.stock_moves),)),
    stored_document(
        ADJUSTMENT, tables.adjustments, lines=(tables.adjustment_lines, "adjustment_id")
    ),
    stored_document(SCRAP, tables.scraps, lines=(tables.scrap_lines, "scrap_id")),
    stored_document(TRANSFER, tables.transfers, lines=(tables.transfer_lines, "transfer_id")),
)
