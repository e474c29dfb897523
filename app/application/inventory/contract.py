"""What other contexts may ask of inventory: goods in and out, with their value."""

from app.application.inventory.adjustments import ADJUSTMENT, ADJUSTMENTS
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
from app.application.inventory.locations import LOCATIONS, seed_location
from app.application.inventory.openings import check_stocked_before, opening_needs, stock_product
from app.application.inventory.ports import COST_LAYERS, COST_POOLS, STOCK_LEVELS, VALUATIONS

__all__ = [
    "ADJUSTMENT",
    "ADJUSTMENTS",
    "COST_LAYERS",
    "COST_POOLS",
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
