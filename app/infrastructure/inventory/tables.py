"""Tables of stock and its value."""

from app.application.inventory.adjustments import ADJUSTMENT
from app.application.inventory.locations import LOCATION
from app.application.inventory.scraps import SCRAP
from app.application.inventory.transfers import TRANSFER
from app.domain.inventory.errors import InsufficientStock
from app.domain.inventory.levels import StockLevel
from app.domain.inventory.moves import StockMove
from app.infrastructure.db.declared_tables import (
    columns_of,
    document_table,
    lines_table,
    master_table,
)
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    index,
    refers,
    tenant_table,
    version,
)
from app.infrastructure.db.types import Day, Flag, Id, Instant, Integer, Json, Text

locations = master_table(LOCATION)

stock_levels = tenant_table(
    "stock_levels",
    *columns_of(StockLevel),
    check("on_hand", "on_hand >= 0"),
    key=("product_id", "location_id"),
)

stock_moves = tenant_table(
    "stock_moves",
    *columns_of(StockMove),
    column("recorded_at", Instant),
    check("quantity", "quantity <> 0"),
    index("stock_moves", "product_id", "id"),
    append_only=True,
)

cost_pools = tenant_table(
    "cost_pools",
    column("product_id", Id),
    column("method", Text),
    column("quantity", Integer),
    column("value", Integer),
    column("pool_seq", Integer),
    column("last_costed_on", Day, null=True),
    column("total_in", Integer),
    column("total_out", Integer),
    column("last_quantity", Integer),
    column("last_value", Integer),
    version(),
    refers("product_id", "products"),
    check("method", "method IN ('average', 'fifo')"),
    check("quantity", "quantity >= 0"),
    check("value", "value >= 0 AND (quantity > 0 OR value = 0)"),
    key=("product_id",),
)

cost_layers = tenant_table(
    "cost_layers",
    column("product_id", Id),
    column("seq", Integer),
    column("received_on", Day),
    column("source_kind", Text),
    column("source_id", Id),
    column("line", Integer),
    column("position", Integer),
    column("quantity_in", Integer),
    column("value_in", Integer),
    column("sent_back", Integer),
    column("kept", Integer),
    column("correction", Integer),
    column("quantity", Integer),
    column("value", Integer),
    column("is_open", Flag),
    refers("product_id", "cost_pools", ("product_id",)),
    check("quantity", "quantity BETWEEN 0 AND kept AND kept <= quantity_in"),
    check("value", "value >= 0 AND (quantity > 0 OR value = 0)"),
    key=("product_id", "seq"),
)

valuations = tenant_table(
    "valuations",
    column("product_id", Id),
    column("seq", Integer),
    column("effective_on", Day),
    column("kind", Text),
    column("quantity", Integer),
    column("value", Integer),
    column("source_kind", Text),
    column("source_id", Id),
    column("line", Integer),
    column("parts", Json),
    column("recorded_at", Instant),
    refers("product_id", "cost_pools", ("product_id",)),
    key=("product_id", "seq"),
    append_only=True,
)

adjustments = document_table(ADJUSTMENT)

adjustment_lines = lines_table(
    "adjustment_lines", ADJUSTMENT, "adjustment_id", check("quantity", "quantity <> 0")
)

scraps = document_table(SCRAP, check("cost", "cost >= 0"))

scrap_lines = lines_table(
    "scrap_lines", SCRAP, "scrap_id", check("quantity", "quantity > 0 AND cost >= 0")
)

transfers = document_table(TRANSFER, check("to_location_id", "to_location_id <> from_location_id"))

transfer_lines = lines_table(
    "transfer_lines", TRANSFER, "transfer_id", check("quantity", "quantity > 0")
)

on_constraint(InsufficientStock, "stock_levels_on_hand_ck", "cost_pools_quantity_ck")
