"""What other contexts may ask of inventory: goods in and out, with their value."""

from app.application.inventory.adjustments import CREATE_ADJUSTMENT
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
from app.application.inventory.openings import check_stocked_before, opening_needs, stock_product
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
    "Goods",
    "Moment",
    "adjust_in",
    "check_stock",
    "check_stocked_before",
    "correct_price",
    "goods_of",
    "issue_all",
    "lose_all",
    "opening_needs",
    "pool_of",
    "receive",
    "receive_back",
    "seed_location",
    "send_back",
    "stock_needs",
    "stock_product",
]
