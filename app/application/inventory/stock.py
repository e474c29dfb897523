"""What lies where, and how it came there."""

from datetime import datetime
from typing import Annotated

from app.application.inventory.ports import STOCK_LEVELS, STOCK_MOVES
from app.application.shared.nouns import Access, Listed, Noun
from app.application.shared.reading import Filter, between, list_of
from app.application.shared.views import View
from app.domain.inventory.levels import StockLevel
from app.domain.inventory.moves import StockMove
from app.domain.shared.fields import DocumentReference, RecordedAt
from app.domain.shared.ids import Id

_ABOUT = "What lies where, and how it came there."
_ACCESS = Access(read="manager accountant buyer cashier warehouse viewer")


def recorded_at(recorded_at: datetime) -> RecordedAt:
    """When the service recorded it."""
    return recorded_at


LEVEL = Listed(
    Noun(
        "stock_level",
        STOCK_LEVELS,
        View(StockLevel),
        "/stock-levels",
        _ABOUT,
        _ACCESS,
        resource="stock",
        tag="stock",
    ),
    # Levels have no id of their own: the order ends with the location.
    list_of(
        "stock_levels", StockLevel, sorts=("product_id",), filters=("product_id", "location_id")
    ),
)
MOVE = Listed(
    Noun(
        "stock_move",
        STOCK_MOVES,
        View(StockMove, computed=[recorded_at]),
        "/stock-moves",
        _ABOUT,
        _ACCESS,
        resource="stock",
        tag="stock",
    ),
    list_of(
        "stock_moves",
        StockMove,
        sorts=("id", "effective_at"),
        filters=(
            "product_id",
            "location_id",
            *between("effective", "effective_on"),
            Filter(
                "source_id",
                ("source_id",),
                type=Annotated[Id, DocumentReference("source_kind")],
                meaning="Keeps what this document of any kind moved.",
            ),
        ),
    ),
)
