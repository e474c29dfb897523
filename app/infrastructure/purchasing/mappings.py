"""Purchasing in the database: how its aggregates are loaded, saved and listed."""

from app.application.purchasing.bills import BILL, BILL_BY_SUPPLIER_NUMBER, BILLED_LINES
from app.application.purchasing.receipts import PROGRESS_OF_RECEIPT, RECEIPT, RECEIPT_PROGRESS
from app.application.purchasing.returns import BILLED_OF_LINE, SUPPLIER_RETURN
from app.domain.purchasing.bills import BilledLine
from app.domain.purchasing.receipts import ReceiptProgress
from app.infrastructure.db.declared import Stored, mapped, stored_document
from app.infrastructure.db.mapping import Search
from app.infrastructure.purchasing import tables

_PROGRESS = mapped(
    RECEIPT_PROGRESS, tables.receipt_progress, ReceiptProgress, key=("receipt_id", "line")
)
_BILLED = mapped(
    BILLED_LINES,
    tables.billed_lines,
    BilledLine,
    key=("receipt_id", "receipt_line", "bill_id", "bill_line"),
)

STORED = (
    stored_document(
        RECEIPT,
        tables.receipts,
        (tables.receipt_lines, "receipt_id"),
        Search(PROGRESS_OF_RECEIPT, ("receipt_id",)),
    ),
    stored_document(
        SUPPLIER_RETURN,
        tables.supplier_returns,
        (tables.supplier_return_lines, "return_id"),
        Search(BILLED_OF_LINE, ("receipt_id", "receipt_line")),
    ),
    stored_document(
        BILL,
        tables.bills,
        (tables.bill_lines, "bill_id"),
        Search(BILL_BY_SUPPLIER_NUMBER, ("supplier_id", "supplier_number")),
    ),
    Stored((_PROGRESS, _BILLED), ()),
)
