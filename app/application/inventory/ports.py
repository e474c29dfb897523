"""What inventory loads and lists."""

from datetime import date, datetime

from app.application.shared.kinds import Finder, Kind, Lock, LockRank
from app.application.shared.reading import Listing
from app.domain.inventory.adjustments import AdjustmentReason
from app.domain.inventory.levels import StockLevel
from app.domain.inventory.location import Location
from app.domain.inventory.moves import StockMove
from app.domain.inventory.pool import CostLayer, CostPool, Valuation
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class PostedAdjustmentLine:
    """``quantity`` and ``value`` that came (> 0) or went (< 0); lines count from 1."""

    line: int
    product_id: Id
    quantity: int
    value: int


@frozen
class PostedAdjustment:
    """An adjustment as it was posted; ``value`` is the sum of its lines, in minor units."""

    id: Id
    number: str
    external_ref: str | None
    location_id: Id
    reason: AdjustmentReason
    memo: str
    effective_at: datetime
    effective_on: date
    currency: str
    value: int
    entry_id: Id | None
    recorded_at: datetime
    lines: tuple[PostedAdjustmentLine, ...]


LOCATIONS: Kind[Location] = Kind("locations", key=lambda location: (location.id,))
STOCK_LEVELS: Kind[StockLevel] = Kind(
    "stock_levels",
    key=lambda level: (level.product_id, level.location_id),
    rank=LockRank.STOCK,
    lock=Lock.UPDATE,
)
COST_POOLS: Kind[CostPool] = Kind(
    "cost_pools",
    key=lambda pool: (pool.product_id,),
    rank=LockRank.COST_POOL,
    lock=Lock.UPDATE,
)
# A layer is changed only under the lock of its pool.
COST_LAYERS: Kind[CostLayer] = Kind("cost_layers", key=lambda layer: (layer.product_id, layer.seq))
VALUATIONS: Kind[Valuation] = Kind(
    "valuations", key=lambda valuation: (valuation.product_id, valuation.seq)
)
STOCK_MOVES: Kind[StockMove] = Kind("stock_moves", key=lambda move: (move.id,))
ADJUSTMENTS: Kind[PostedAdjustment] = Kind(
    "adjustments", key=lambda adjustment: (adjustment.id,), rank=LockRank.DOCUMENT
)

LOCATION_BY_CODE: Finder[Location] = Finder(
    "location_by_code", LOCATIONS, lambda location: (location.code,)
)
ADJUSTMENT_BY_REF: Finder[PostedAdjustment] = Finder(
    "adjustment_by_ref", ADJUSTMENTS, lambda adjustment: (adjustment.external_ref,)
)

LOCATION_LIST = Listing("locations", sorts=("code", "name"), filters=("code", "active"))
# Levels have no id of their own: the order ends with the location.
LEVEL_LIST = Listing("stock_levels", sorts=("product_id",), filters=("product_id", "location_id"))
MOVE_LIST = Listing(
    "stock_moves",
    sorts=("id", "effective_at"),
    filters=("product_id", "location_id", "effective_from", "effective_to", "source_id"),
)
ADJUSTMENT_LIST = Listing(
    "adjustments",
    sorts=("effective_on", "id"),
    filters=("effective_from", "effective_to", "location_id", "reason", "external_ref"),
)
