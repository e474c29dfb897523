"""What other contexts may ask of inventory: goods in and out, with their value."""

from app.application.inventory.adjustments import (
    CREATE_ADJUSTMENT,
    AdjustmentInput,
    adjust,
    adjusting_needs,
)
from app.application.inventory.goods import (
    Goods,
    Moment,
    adjust_in,
    check_stock,
    correct_price,
    goods_of,
    issue_all,
    lose_all,
    pool_of,
    receive,
    receive_back,
    send_back,
    stock_needs,
)
from app.application.inventory.locations import seed_location
from app.application.inventory.ports import (
    ADJUSTMENTS,
    COST_LAYERS,
    COST_POOLS,
    LOCATIONS,
    STOCK_LEVELS,
    VALUATIONS,
)

__all__ = [
    "ADJUSTMENTS",
    "COST_LAYERS",
    "COST_POOLS",
    "CREATE_ADJUSTMENT",
    "LOCATIONS",
    "STOCK_LEVELS",
    "VALUATIONS",
    "AdjustmentInput",
    "Goods",
    "Moment",
    "adjust",
    "adjust_in",
    "adjusting_needs",
    "check_stock",
    "correct_price",
    "goods_of",
    "issue_all",
    "lose_all",
    "pool_of",
    "receive",
    "receive_back",
    "seed_location",
    "send_back",
    "stock_needs",
]
