"""Tables of sales and returns."""

from app.application.sales.contract import RETURN, SALE
from app.domain.sales.errors import OverReturn
from app.domain.sales.returns import ReturnedSoFar
from app.infrastructure.db.declared_tables import columns_of, document_table, lines_table
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import check, index, refers, tenant_table

_SALE_LINE = ("sale_id", "line")
_LINE_TOTAL = "total = net + tax AND net >= 0 AND tax >= 0 AND cost >= 0"

sales = document_table(
    SALE,
    check("total", "total = net + tax AND net >= 0 AND tax >= 0 AND change >= 0"),
    index("sales", "customer_id", "effective_on", "id"),
)

sale_lines = lines_table(
    "sale_lines", SALE, "sale_id", check("quantity", "quantity > 0"), check("total", _LINE_TOTAL)
)

returned_so_far = tenant_table(
    "returned_so_far",
    *columns_of(ReturnedSoFar, referred=_SALE_LINE),
    refers(_SALE_LINE, "sale_lines", _SALE_LINE),
    check("quantity", "quantity > 0 AND net >= 0 AND cost >= 0"),
    key=_SALE_LINE,
)

returns = document_table(
    RETURN,
    check("refund", "refund IN ('cash', 'card', 'on_account')"),
    check("total", "total = net + tax AND net >= 0 AND tax >= 0"),
    index("returns", "customer_id", "effective_on", "id"),
)

return_lines = lines_table(
    "return_lines",
    RETURN,
    "return_id",
    refers(("sale_id", "sale_line"), "sale_lines", _SALE_LINE),
    check("quantity", "quantity > 0"),
    check("total", _LINE_TOTAL),
    referred=("sale_id",),
)

on_constraint(OverReturn, "returned_so_far_quantity_ck")
