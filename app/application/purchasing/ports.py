"""What purchasing loads and lists."""

from app.application.shared.kinds import Finder, Kind, Lock, LockRank
from app.application.shared.reading import Listing
from app.domain.purchasing.bills import Bill, BilledLine
from app.domain.purchasing.receipts import Receipt, ReceiptProgress
from app.domain.purchasing.returns import SupplierReturn

RECEIPTS: Kind[Receipt] = Kind(
    "receipts", key=lambda receipt: (receipt.id,), rank=LockRank.DOCUMENT
)
# Locked before any stock: bills and returns of one receipt line follow each other.
RECEIPT_PROGRESS: Kind[ReceiptProgress] = Kind(
    "receipt_progress",
    key=lambda progress: (progress.receipt_id, progress.line),
    rank=LockRank.DOCUMENT,
    lock=Lock.UPDATE,
)
BILLS: Kind[Bill] = Kind("bills", key=lambda bill: (bill.id,), rank=LockRank.DOCUMENT)
# Changed only under the lock of the receipt line's progress.
BILLED_LINES: Kind[BilledLine] = Kind(
    "billed_lines",
    key=lambda line: (line.receipt_id, line.receipt_line, line.bill_id, line.bill_line),
    rank=LockRank.DOCUMENT,
)
SUPPLIER_RETURNS: Kind[SupplierReturn] = Kind(
    "supplier_returns", key=lambda each: (each.id,), rank=LockRank.DOCUMENT
)

RECEIPT_BY_REF: Finder[Receipt] = Finder(
    "receipt_by_ref", RECEIPTS, lambda receipt: (receipt.external_ref,)
)
PROGRESS_OF_RECEIPT: Finder[ReceiptProgress] = Finder(
    "progress_of_receipt", RECEIPT_PROGRESS, lambda progress: (progress.receipt_id,)
)
BILL_BY_REF: Finder[Bill] = Finder("bill_by_ref", BILLS, lambda bill: (bill.external_ref,))
BILL_BY_SUPPLIER_NUMBER: Finder[Bill] = Finder(
    "bill_by_supplier_number", BILLS, lambda bill: (bill.supplier_id, bill.supplier_number)
)
BILLED_OF_LINE: Finder[BilledLine] = Finder(
    "billed_of_line", BILLED_LINES, lambda line: (line.receipt_id, line.receipt_line)
)
SUPPLIER_RETURN_BY_REF: Finder[SupplierReturn] = Finder(
    "supplier_return_by_ref", SUPPLIER_RETURNS, lambda each: (each.external_ref,)
)

_FILTERS = ("effective_from", "effective_to", "supplier_id", "external_ref")
RECEIPT_LIST = Listing("receipts", sorts=("effective_on", "id"), filters=(*_FILTERS, "location_id"))
BILL_LIST = Listing("bills", sorts=("effective_on", "id"), filters=(*_FILTERS, "supplier_number"))
SUPPLIER_RETURN_LIST = Listing(
    "supplier_returns", sorts=("effective_on", "id"), filters=(*_FILTERS, "receipt_id")
)
