"""Tables of purchasing."""

from app.domain.purchasing.bills import Bill, BilledLine, BillLine
from app.domain.purchasing.errors import OverBilled, OverReturned, SupplierNumberTaken
from app.domain.purchasing.receipts import Receipt, ReceiptLine, ReceiptProgress
from app.domain.purchasing.returns import SupplierReturn, SupplierReturnLine
from app.domain.shared.errors import ExternalRefTaken
from app.infrastructure.db.declared import columns_of
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    index,
    refers,
    tenant_table,
    unique,
    unique_if_set,
)
from app.infrastructure.db.types import Id

receipts = tenant_table(
    "receipts",
    *columns_of(Receipt, "lines"),
    unique("number"),
    unique_if_set("receipts", "external_ref"),
    check("value", "value >= 0"),
    index("receipts", "effective_on", "id"),
    index("receipts", "supplier_id", "effective_on", "id"),
    append_only=True,
)

receipt_lines = tenant_table(
    "receipt_lines",
    column("receipt_id", Id),
    *columns_of(ReceiptLine),
    refers("receipt_id", "receipts"),
    refers(("product_id", "layer_seq"), "cost_layers", ("product_id", "seq")),
    check("quantity", "quantity > 0"),
    check("value", "value >= 0 AND unit_cost >= 0"),
    key=("receipt_id", "line"),
    append_only=True,
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

bills = tenant_table(
    "bills",
    *columns_of(Bill, "lines"),
    unique("number"),
    unique_if_set("bills", "external_ref"),
    unique("supplier_id", "supplier_number"),
    check("total", "total = net + tax AND net >= 0 AND tax >= 0"),
    check("received_value", "received_value >= 0"),
    index("bills", "effective_on", "id"),
    index("bills", "supplier_id", "effective_on", "id"),
    append_only=True,
)

bill_lines = tenant_table(
    "bill_lines",
    column("bill_id", Id),
    *columns_of(BillLine, refer=False),
    refers("bill_id", "bills"),
    refers(("receipt_id", "receipt_line"), "receipt_lines", ("receipt_id", "line")),
    refers("product_id", "products"),
    refers("tax_id", "taxes"),
    check("quantity", "quantity > 0"),
    check("total", "total = net + tax AND net >= 0 AND tax >= 0 AND unit_price >= 0"),
    check("received_value", "received_value >= 0"),
    key=("bill_id", "line"),
    append_only=True,
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

supplier_returns = tenant_table(
    "supplier_returns",
    *columns_of(SupplierReturn, "lines"),
    unique("number"),
    unique_if_set("supplier_returns", "external_ref"),
    check("value", "value >= 0 AND received_value >= 0 AND credit >= 0"),
    index("supplier_returns", "effective_on", "id"),
    index("supplier_returns", "receipt_id"),
    append_only=True,
)

supplier_return_lines = tenant_table(
    "supplier_return_lines",
    column("return_id", Id),
    *columns_of(SupplierReturnLine),
    refers("return_id", "supplier_returns"),
    check("quantity", "quantity > 0"),
    check("value", "value >= 0 AND received_value >= 0 AND net >= 0 AND tax >= 0"),
    key=("return_id", "line"),
    append_only=True,
)

on_constraint(
    lambda: ExternalRefTaken.at("/external_ref"),
    "receipts_tenant_id_external_ref_uq",
    "bills_tenant_id_external_ref_uq",
    "supplier_returns_tenant_id_external_ref_uq",
)
on_constraint(
    lambda: SupplierNumberTaken.at("/supplier_number"),
    "bills_tenant_id_supplier_id_supplier_number_uq",
)
on_constraint(OverBilled, "receipt_progress_quantity_ck")
on_constraint(OverReturned, "receipt_progress_credited_ck", "billed_lines_credited_ck")
