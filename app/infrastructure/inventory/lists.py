"""The lists of inventory."""

from app.application.inventory.ports import (
    ADJUSTMENT_LIST,
    LEVEL_LIST,
    LOCATION_LIST,
    MOVE_LIST,
)
from app.application.inventory.views import (
    adjustment_summary,
    level_view,
    location_view,
    move_view,
)
from app.infrastructure.db.lists import at_least, at_most, equals, plain_list
from app.infrastructure.inventory.tables import (
    adjustments,
    locations,
    stock_levels,
    stock_moves,
)

LISTS = (
    plain_list(
        LOCATION_LIST,
        locations,
        ("id", "code", "name", "active", "version"),
        location_view,
        sorts={"code": "code", "name": "name"},
        filters={
            "code": equals(locations.c.code),
            "active": equals(locations.c.active),
        },
    ),
    plain_list(
        LEVEL_LIST,
        stock_levels,
        ("product_id", "location_id", "on_hand"),
        level_view,
        sorts={"product_id": "product_id"},
        filters={
            "product_id": equals(stock_levels.c.product_id),
            "location_id": equals(stock_levels.c.location_id),
        },
        key="location_id",
    ),
    plain_list(
        MOVE_LIST,
        stock_moves,
        (
            "id",
            "product_id",
            "location_id",
            "quantity",
            "effective_at",
            "effective_on",
            "source_kind",
            "source_id",
            "line",
            "recorded_at",
        ),
        move_view,
        sorts={"id": "id", "effective_at": "effective_at"},
        filters={
            "product_id": equals(stock_moves.c.product_id),
            "location_id": equals(stock_moves.c.location_id),
            "effective_from": at_least(stock_moves.c.effective_on),
            "effective_to": at_most(stock_moves.c.effective_on),
            "source_id": equals(stock_moves.c.source_id),
        },
    ),
    plain_list(
        ADJUSTMENT_LIST,
        adjustments,
        (
            "id",
            "number",
            "external_ref",
            "location_id",
            "reason",
            "memo",
            "effective_at",
            "effective_on",
            "currency",
            "value",
            "entry_id",
            "recorded_at",
        ),
        adjustment_summary,
        sorts={"effective_on": "effective_on", "id": "id"},
        filters={
            "effective_from": at_least(adjustments.c.effective_on),
            "effective_to": at_most(adjustments.c.effective_on),
            "location_id": equals(adjustments.c.location_id),
            "reason": equals(adjustments.c.reason),
            "external_ref": equals(adjustments.c.external_ref),
        },
    ),
)
