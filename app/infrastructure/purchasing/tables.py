"""Tables of purchasing."""

from app.application.purchasing.bills import BILL
from app.application.purchasing.receipts import RECEIPT
from app.application.purchasing.returns import SUPPLIER_RETURN
from app.domain.purchasing.bills import BilledLine
from app.domain.purchasing.errors import OverBilled, OverReturned, SupplierNumberTaken
from app.domain.purchasing.receipts import ReceiptProgress
from app.infrastructure.db.declared_tables import columns_of, document_table, lines_table
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import check, index, refers, tenant_table, unique

receipts = document_table(
    RECEIPT,
    check("value", "value >= 0"),
    index("receipts", "supplier_id", "effective_on", "id"),
)

receipt_lines = lines_table(
    "receipt_lines",
    RECEIPT,
    "receipt_id",
    refers(("product_id", "layer_seq"), "cost_layers", ("product_id", "seq")),
    check("quantity", "quantity > 0"),
    check("value", "value >= 0 AND unit_cost >= 0"),
)

receipt_progress = tenant_table(
    "receipt_progress",
    *columns_of(ReceiptProgress),
    refers(("receipt_id", "line"), "receipt_lines", ("receipt_id", "line")),
    check("quantity", "billed_quantity >= 0 AND returned_quantity >= 0"),
    check("credited", "credited_quantity BETWEEN 0 AND billed_quantity"),
    check("value", "billed_value >= 0 AND returned_value >= 0"),
    key=("receipt_id", "line"),
)

bills = document_table(
    BILL,
    unique("supplier_id", "supplier_number"),
    check("total", "total = net + tax AND net >= 0 AND tax >= 0"),
    check("received_value", "received_value >= 0"),
    index("bills", "supplier_id", "effective_on", "id"),
)

bill_lines = lines_table(
    "bill_lines",
    BILL,
    "bill_id",
    refers(("receipt_id", "receipt_line"), "receipt_lines", ("receipt_id", "line")),
    check("quantity", "quantity > 0"),
    check("total", "total = net + tax AND net >= 0 AND tax >= 0 AND unit_price >= 0"),
    check("received_value", "received_value >= 0"),
    referred=("receipt_id",),
)

billed_lines = tenant_table(
    "billed_lines",
    *columns_of(BilledLine),
    refers(("bill_id", "bill_line"), "bill_lines", ("bill_id", "line")),
    refers(("receipt_id", "receipt_line"), "receipt_lines", ("receipt_id", "line")),
    check("credited", "credited_quantity BETWEEN 0 AND quantity"),
    check("credited_net", "credited_net BETWEEN 0 AND net"),
    key=("receipt_id", "receipt_line", "bill_id", "bill_line"),
)

supplier_returns = document_table(
    SUPPLIER_RETURN,
    check("value", "value >= 0 AND received_value >= 0 AND credit >= 0"),
    index("supplier_returns", "receipt_id"),
)

supplier_return_lines = lines_table(
    "supplier_return_lines",
    SUPPLIER_RETURN,
    "return_id",
    check("quantity", "quantity > 0"),
    check("value", "value >= 0 AND received_value >= 0 AND net >= 0 AND tax >= 0"),
)

on_constraint(
    lambda: SupplierNumberTaken.at("/supplier_number"),
    "bills_tenant_id_supplier_id_supplier_number_uq",
)
on_constraint(OverBilled, "receipt_progress_quantity_ck")
on_constraint(OverReturned, "receipt_progress_credited_ck", "billed_lines_credited_ck")
