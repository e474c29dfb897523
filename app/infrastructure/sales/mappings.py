"""Sales in the database: how its aggregates are loaded and saved, and its lists."""

from app.application.sales.contract import RETURN, RETURNED, SALE
from app.application.sales.sales import RETURNED_OF_SALE
from app.domain.sales.returns import ReturnedSoFar
from app.infrastructure.db.declared import Stored, mapped, stored_document
from app.infrastructure.db.mapping import Search
from app.infrastructure.sales import tables

STORED = (
    stored_document(SALE, tables.sales, (tables.sale_lines, "sale_id")),
    stored_document(RETURN, tables.returns, (tables.return_lines, "return_id")),
    Stored(
        (
            mapped(RETURNED, tables.returned_so_far, ReturnedSoFar, key=("sale_id", "line")),
            Search(RETURNED_OF_SALE, ("sale_id",)),
        ),
        (),
    ),
)
