"""The facts of stock and its value, as they are loaded and locked."""

from app.application.shared.kinds import Kind, Lock, LockRank
from app.domain.inventory.levels import StockLevel
from app.domain.inventory.moves import StockMove
from app.domain.inventory.pool import CostLayer, CostPool, Valuation

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
