"""Purchasing as clients see it; amounts are in the ``currency`` of the document."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from typing_extensions import TypedDict

from app.application.shared.guarded import Cost
from app.application.shared.wording import instant, maybe
from app.domain.purchasing.bills import Bill
from app.domain.purchasing.receipts import Receipt, ReceiptProgress
from app.domain.purchasing.returns import SupplierReturn
from app.domain.shared.ids import show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import SCALE_DIGITS, format_amount, format_scaled


class ReceiptLineView(TypedDict):
    """Goods that came, and how much of them was billed and sent back since."""

    line: int
    product_id: str
    quantity: str
    unit_cost: Cost
    value: Cost
    billed_quantity: str
    returned_quantity: str


class ReceiptSummary(TypedDict):
    """A receipt in a list."""

    id: str
    number: str
    external_ref: str | None
    status: str
    supplier_id: str
    location_id: str
    effective_at: str
    effective_on: str
    currency: str
    value: Cost
    entry_id: str | None
    recorded_at: str


class ReceiptView(ReceiptSummary):
    """A posted receipt."""

    lines: list[ReceiptLineView]


def receipt_summary(
    id_: bytes,
    number: str,
    external_ref: str | None,
    supplier_id: bytes,
    location_id: bytes,
    effective_at: datetime,
    effective_on: date,
    currency: str,
    value: int,
    entry_id: bytes | None,
    recorded_at: datetime,
) -> ReceiptSummary:
    """The view of a receipt in a list."""
    return {
        "id": show("rcp", id_),
        "number": number,
        "external_ref": external_ref,
        "status": "posted",
        "supplier_id": show("con", supplier_id),
        "location_id": show("loc", location_id),
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "currency": currency,
        "value": format_amount(value, currency_exponent(currency)),
        "entry_id": maybe("jnl", entry_id),
        "recorded_at": instant(recorded_at),
    }


def receipt_view(receipt: Receipt, progress: Mapping[int, ReceiptProgress]) -> ReceiptView:
    """The view of a receipt; ``progress`` is by line, and a line without any has none."""
    exponent = currency_exponent(receipt.currency)
    lines: list[ReceiptLineView] = []
    for line in receipt.lines:
        since = progress.get(line.line) or ReceiptProgress.none(receipt.id, line.line)
        shown: ReceiptLineView = {
            "line": line.line,
            "product_id": show("prd", line.product_id),
            "quantity": _quantity(line.quantity),
            "unit_cost": _price(line.unit_cost),
            "value": format_amount(line.value, exponent),
            "billed_quantity": _quantity(since.billed_quantity),
            "returned_quantity": _quantity(since.sent_back),
        }
        lines.append(shown)
    return {**receipt_summary(*_head(receipt)), "lines": lines}


class BillLineView(TypedDict):
    """A billed line; ``difference`` is what the goods cost more than they were received at."""

    line: int
    receipt_id: str
    receipt_line: int
    product_id: str
    quantity: str
    unit_price: Cost
    net: Cost
    tax: Cost
    total: Cost
    tax_id: str | None
    received_value: Cost
    difference: Cost
    difference_in_stock: Cost


class BillTaxView(TypedDict):
    """Base and amount of one tax code."""

    tax_id: str
    base: Cost
    amount: Cost


class BillSummary(TypedDict):
    """A bill in a list."""

    id: str
    number: str
    external_ref: str | None
    status: str
    supplier_id: str
    supplier_number: str
    effective_at: str
    effective_on: str
    due_on: str
    currency: str
    net: Cost
    tax: Cost
    total: Cost
    received_value: Cost
    entry_id: str | None
    recorded_at: str


class BillView(BillSummary):
    """A posted bill."""

    lines: list[BillLineView]
    taxes: list[BillTaxView]


def bill_summary(
    id_: bytes,
    number: str,
    external_ref: str | None,
    supplier_id: bytes,
    supplier_number: str,
    effective_at: datetime,
    effective_on: date,
    due_on: date,
    currency: str,
    net: int,
    tax: int,
    total: int,
    received_value: int,
    entry_id: bytes | None,
    recorded_at: datetime,
) -> BillSummary:
    """The view of a bill in a list."""
    exponent = currency_exponent(currency)
    return {
        "id": show("bil", id_),
        "number": number,
        "external_ref": external_ref,
        "status": "posted",
        "supplier_id": show("con", supplier_id),
        "supplier_number": supplier_number,
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "due_on": due_on.isoformat(),
        "currency": currency,
        "net": format_amount(net, exponent),
        "tax": format_amount(tax, exponent),
        "total": format_amount(total, exponent),
        "received_value": format_amount(received_value, exponent),
        "entry_id": maybe("jnl", entry_id),
        "recorded_at": instant(recorded_at),
    }


def bill_view(bill: Bill) -> BillView:
    """The view of a bill."""
    exponent = currency_exponent(bill.currency)
    lines: list[BillLineView] = [
        {
            "line": line.line,
            "receipt_id": show("rcp", line.receipt_id),
            "receipt_line": line.receipt_line,
            "product_id": show("prd", line.product_id),
            "quantity": _quantity(line.quantity),
            "unit_price": _price(line.unit_price),
            "net": format_amount(line.net, exponent),
            "tax": format_amount(line.tax, exponent),
            "total": format_amount(line.total, exponent),
            "tax_id": maybe("tax", line.tax_id),
            "received_value": format_amount(line.received_value, exponent),
            "difference": format_amount(line.difference, exponent),
            "difference_in_stock": format_amount(line.difference_in_stock, exponent),
        }
        for line in bill.lines
    ]
    return {**bill_summary(*_head(bill)), "lines": lines, "taxes": _taxes(bill, exponent)}


def _taxes(bill: Bill, exponent: int) -> list[BillTaxView]:
    """The sums of each code, in the order in which the codes first appear."""
    sums: dict[bytes, tuple[int, int]] = {}
    for line in bill.lines:
        if line.tax_id is not None:
            base, amount = sums.get(line.tax_id, (0, 0))
            sums[line.tax_id] = (base + line.net, amount + line.tax)
    return [
        {
            "tax_id": show("tax", tax_id),
            "base": format_amount(base, exponent),
            "amount": format_amount(amount, exponent),
        }
        for tax_id, (base, amount) in sums.items()
    ]


class SupplierReturnLineView(TypedDict):
    """Goods that went back: what left the stock, what was not billed yet, what is credited."""

    line: int
    receipt_line: int
    product_id: str
    quantity: str
    value: Cost
    received_value: Cost
    net: Cost
    tax: Cost
    variance: Cost


class SupplierReturnSummary(TypedDict):
    """A return to a supplier in a list; ``credit`` is what the supplier owes for it."""

    id: str
    number: str
    external_ref: str | None
    status: str
    receipt_id: str
    supplier_id: str
    location_id: str
    effective_at: str
    effective_on: str
    currency: str
    value: Cost
    received_value: Cost
    credit: Cost
    entry_id: str | None
    recorded_at: str


class SupplierReturnView(SupplierReturnSummary):
    """A posted return to a supplier."""

    lines: list[SupplierReturnLineView]


def supplier_return_summary(
    id_: bytes,
    number: str,
    external_ref: str | None,
    receipt_id: bytes,
    supplier_id: bytes,
    location_id: bytes,
    effective_at: datetime,
    effective_on: date,
    currency: str,
    value: int,
    received_value: int,
    credit: int,
    entry_id: bytes | None,
    recorded_at: datetime,
) -> SupplierReturnSummary:
    """The view of a return to a supplier in a list."""
    exponent = currency_exponent(currency)
    return {
        "id": show("srt", id_),
        "number": number,
        "external_ref": external_ref,
        "status": "posted",
        "receipt_id": show("rcp", receipt_id),
        "supplier_id": show("con", supplier_id),
        "location_id": show("loc", location_id),
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "currency": currency,
        "value": format_amount(value, exponent),
        "received_value": format_amount(received_value, exponent),
        "credit": format_amount(credit, exponent),
        "entry_id": maybe("jnl", entry_id),
        "recorded_at": instant(recorded_at),
    }


def supplier_return_view(each: SupplierReturn) -> SupplierReturnView:
    """The view of a return to a supplier."""
    exponent = currency_exponent(each.currency)
    lines: list[SupplierReturnLineView] = [
        {
            "line": line.line,
            "receipt_line": line.receipt_line,
            "product_id": show("prd", line.product_id),
            "quantity": _quantity(line.quantity),
            "value": format_amount(line.value, exponent),
            "received_value": format_amount(line.received_value, exponent),
            "net": format_amount(line.net, exponent),
            "tax": format_amount(line.tax, exponent),
            "variance": format_amount(line.variance, exponent),
        }
        for line in each.lines
    ]
    return {**supplier_return_summary(*_head(each)), "lines": lines}


def _head(document: Receipt | Bill | SupplierReturn) -> list[Any]:
    """The fields of a document in their order, without its lines: what its summary takes."""
    return [getattr(document, each.name) for each in fields(document) if each.name != "lines"]


def _quantity(scaled: int) -> str:
    return format_scaled(scaled, SCALE_DIGITS)


def _price(scaled: int) -> str:
    return format_scaled(scaled, SCALE_DIGITS, at_least=2)
