"""Sales as clients see them."""

from collections.abc import Mapping
from datetime import date, datetime

from typing_extensions import TypedDict

from app.application.shared.guarded import Cost
from app.application.shared.wording import instant, maybe
from app.domain.sales.returns import Return
from app.domain.sales.sale import Sale, TaxLine
from app.domain.shared.ids import show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import SCALE_DIGITS, format_amount, format_scaled


class TenderView(TypedDict):
    """What one payment settled."""

    method: str
    amount: str


class TaxLineView(TypedDict):
    """Base and amount of one tax code."""

    tax_id: str
    base: str
    amount: str


class SaleLineView(TypedDict):
    """A line of a sale."""

    line: int
    product_id: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    net: str
    tax: str
    total: str
    tax_id: str | None
    cost: Cost
    returned_quantity: str


class SaleView(TypedDict):
    """A posted sale; amounts are in ``currency``."""

    id: str
    number: str
    external_ref: str | None
    status: str
    location_id: str
    customer_id: str | None
    effective_at: str
    effective_on: str
    currency: str
    lines: list[SaleLineView]
    net: str
    tax: str
    total: str
    tenders: list[TenderView]
    change: str
    taxes: list[TaxLineView]
    entry_id: str | None
    recorded_at: str


class SaleSummary(TypedDict):
    """A sale in a list."""

    id: str
    number: str
    external_ref: str | None
    status: str
    location_id: str
    customer_id: str | None
    effective_at: str
    effective_on: str
    currency: str
    net: str
    tax: str
    total: str
    entry_id: str | None
    recorded_at: str


def sale_view(sale: Sale, returned: Mapping[int, int]) -> SaleView:
    """The view of a sale; ``returned`` holds the quantity that came back, by line."""
    exponent = currency_exponent(sale.currency)
    lines: list[SaleLineView] = [
        {
            "line": line.line,
            "product_id": show("prd", line.product_id),
            "description": line.description,
            "quantity": format_scaled(line.quantity, SCALE_DIGITS),
            "unit_price": format_scaled(line.unit_price, SCALE_DIGITS, at_least=2),
            "discount": format_amount(line.discount, exponent),
            "net": format_amount(line.net, exponent),
            "tax": format_amount(line.tax, exponent),
            "total": format_amount(line.total, exponent),
            "tax_id": maybe("tax", line.tax_id),
            "cost": format_amount(line.cost, exponent),
            "returned_quantity": format_scaled(returned.get(line.line, 0), SCALE_DIGITS),
        }
        for line in sale.lines
    ]
    return {
        "id": show("sal", sale.id),
        "number": sale.number,
        "external_ref": sale.external_ref,
        "status": "posted",
        "location_id": show("loc", sale.location_id),
        "customer_id": maybe("con", sale.customer_id),
        "effective_at": instant(sale.effective_at),
        "effective_on": sale.effective_on.isoformat(),
        "currency": sale.currency,
        "lines": lines,
        "net": format_amount(sale.net, exponent),
        "tax": format_amount(sale.tax, exponent),
        "total": format_amount(sale.total, exponent),
        "tenders": [
            {"method": str(tender.method), "amount": format_amount(tender.amount, exponent)}
            for tender in sale.tenders
        ],
        "change": format_amount(sale.change, exponent),
        "taxes": _taxes(sale.taxes, exponent),
        "entry_id": maybe("jnl", sale.entry_id),
        "recorded_at": instant(sale.recorded_at),
    }


def sale_summary(
    id_: bytes,
    number: str,
    external_ref: str | None,
    location_id: bytes,
    customer_id: bytes | None,
    effective_at: datetime,
    effective_on: date,
    currency: str,
    net: int,
    tax: int,
    total: int,
    entry_id: bytes | None,
    recorded_at: datetime,
    prefix: str = "sal",
) -> SaleSummary:
    """The view of a sale (or of a return, under its own prefix) in a list."""
    exponent = currency_exponent(currency)
    return {
        "id": show(prefix, id_),
        "number": number,
        "external_ref": external_ref,
        "status": "posted",
        "location_id": show("loc", location_id),
        "customer_id": maybe("con", customer_id),
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "currency": currency,
        "net": format_amount(net, exponent),
        "tax": format_amount(tax, exponent),
        "total": format_amount(total, exponent),
        "entry_id": maybe("jnl", entry_id),
        "recorded_at": instant(recorded_at),
    }


class ReturnLineView(TypedDict):
    """A line of a return."""

    line: int
    sale_id: str | None
    sale_line: int | None
    product_id: str
    quantity: str
    unit_price: str
    net: str
    tax: str
    total: str
    tax_id: str | None
    cost: Cost


class ReturnView(TypedDict):
    """A posted return; amounts are what was given back, in ``currency``."""

    id: str
    number: str
    external_ref: str | None
    status: str
    location_id: str
    customer_id: str | None
    effective_at: str
    effective_on: str
    currency: str
    lines: list[ReturnLineView]
    net: str
    tax: str
    total: str
    refund: str
    taxes: list[TaxLineView]
    entry_id: str | None
    recorded_at: str


def return_view(each: Return) -> ReturnView:
    """The view of a return."""
    exponent = currency_exponent(each.currency)
    lines: list[ReturnLineView] = [
        {
            "line": line.line,
            "sale_id": maybe("sal", line.sale_id),
            "sale_line": line.sale_line,
            "product_id": show("prd", line.product_id),
            "quantity": format_scaled(line.quantity, SCALE_DIGITS),
            "unit_price": format_scaled(line.unit_price, SCALE_DIGITS, at_least=2),
            "net": format_amount(line.net, exponent),
            "tax": format_amount(line.tax, exponent),
            "total": format_amount(line.total, exponent),
            "tax_id": maybe("tax", line.tax_id),
            "cost": format_amount(line.cost, exponent),
        }
        for line in each.lines
    ]
    return {
        "id": show("ret", each.id),
        "number": each.number,
        "external_ref": each.external_ref,
        "status": "posted",
        "location_id": show("loc", each.location_id),
        "customer_id": maybe("con", each.customer_id),
        "effective_at": instant(each.effective_at),
        "effective_on": each.effective_on.isoformat(),
        "currency": each.currency,
        "lines": lines,
        "net": format_amount(each.net, exponent),
        "tax": format_amount(each.tax, exponent),
        "total": format_amount(each.total, exponent),
        "refund": str(each.refund),
        "taxes": _taxes(each.taxes, exponent),
        "entry_id": maybe("jnl", each.entry_id),
        "recorded_at": instant(each.recorded_at),
    }


def _taxes(taxes: tuple[TaxLine, ...], exponent: int) -> list[TaxLineView]:
    return [
        {
            "tax_id": show("tax", tax.tax_id),
            "base": format_amount(tax.base, exponent),
            "amount": format_amount(tax.amount, exponent),
        }
        for tax in taxes
    ]
