"""The commands of the trade cycle, each as often as it is asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.support.company import Company
from tests.support.racing import Request
from tests.support.stock import make_products

PLENTY = "100000"
TOGETHER = 3  # of a batch, and of commands sent at once

Requests = list[Request]  # sent at the same moment


@dataclass(frozen=True)
class Shop:
    """A company with ample data for all commands."""

    company: Company
    goods: tuple[str, str]  # at average cost and FIFO
    place: str
    tax: str
    supplier: str
    customer: str
    receipt: str
    owed: str  # a sale on account

    def lines(self, *quantities: str) -> list[dict[str, Any]]:
        """A line of each product."""
        return [
            {"product_id": each, "quantity": quantity}
            for each, quantity in zip(self.goods, quantities, strict=True)
        ]

    def sale(self, **members: Any) -> dict[str, Any]:
        """A cash sale of both products."""
        body = {"location_id": self.place, "lines": self.lines("1", "2")}
        return {**body, "tenders": [{"method": "cash"}], **members}


async def open_shop(company: Company) -> Shop:
    """Goods bought and billed, and one customer who bought much on account."""
    tax = await company.first("/taxes", code="VAT20")
    for role in ("cash", "bank"):
        await company.first("/accounts", role=role)
    place, customer = await company.location(), await company.contact("Customer")
    await company.post("/locations", {"code": "SHELF", "name": "Shelf"})
    await company.first("/locations", code="SHELF")
    taxed = {"price": "10.00", "tax_id": tax, "purchase_tax_id": tax}
    average = await company.product("AVERAGE", **taxed)
    fifo = await company.product("FIFO", costing="fifo", **taxed)
    bought = await company.stock(PLENTY, "3.00", average, fifo)
    supplier = company.ids["supplier"]
    line = {"receipt_id": bought["id"], "quantity": "50000", "unit_price": "3.10"}
    lines = [{**line, "receipt_line": number} for number in (1, 2)]
    await company.post(
        "/bills", {"supplier_id": supplier, "supplier_number": "FIRST", "lines": lines}
    )
    account: Any = {"customer_id": customer, "tenders": [{"method": "on_account"}]}
    owed = await company.sell((average, "20000"), (fifo, "20000"), **account)
    return Shop(
        company, (average, fifo), place, tax, supplier, customer, bought["id"], str(owed["id"])
    )


Make = Callable[[Shop, int, int], Awaitable[list[Requests]]]
_Body = Callable[[Shop, int], dict[str, Any]]


def _posted(path: str, body: _Body) -> Make:
    """Documents that differ in nothing but their number."""

    async def make(shop: Shop, first: int, count: int) -> list[Requests]:
        return [
            [Request(path, body(shop, number), f"key-{number}")]
            for number in range(first, first + count)
        ]

    return make


def _product(shop: Shop, number: int) -> dict[str, Any]:
    opening = {"location_id": shop.place, "quantity": "5", "unit_cost": "2.00"}
    item = {
        "idempotency_key": f"item-{number}",
        "sku": f"NEW-{number}",
        "name": "New",
        "unit_id": shop.company.ids["/units[('code', 'pcs')]"],
        "opening_stock": opening,
    }
    return {"items": [item]}


def _receipt(shop: Shop, _: int) -> dict[str, Any]:
    lines = [{**each, "unit_cost": "3.00"} for each in shop.lines("4", "5")]
    return {"supplier_id": shop.supplier, "location_id": shop.place, "lines": lines}


def _bill(shop: Shop, number: int) -> dict[str, Any]:
    line = {"receipt_id": shop.receipt, "quantity": "1", "unit_price": "3.20"}
    lines = [{**line, "receipt_line": each} for each in (1, 2)]
    return {"supplier_id": shop.supplier, "supplier_number": f"INV-{number}", "lines": lines}


def _supplier_payment(shop: Shop, _: int) -> dict[str, Any]:
    paid = {"direction": "out", "contact_id": shop.supplier, "method": "bank", "amount": "2.00"}
    return {**paid, "allocate": "oldest"}


def _supplier_return(shop: Shop, _: int) -> dict[str, Any]:
    lines = [{"receipt_line": line, "quantity": "1"} for line in (1, 2)]
    return {"receipt_id": shop.receipt, "lines": lines}


def _cash_sale(shop: Shop, _: int) -> dict[str, Any]:
    return shop.sale()


def _credit_sale(shop: Shop, _: int) -> dict[str, Any]:
    return shop.sale(customer_id=shop.customer, tenders=[{"method": "on_account"}])


def _sale_return(shop: Shop, _: int) -> dict[str, Any]:
    lines = [{"sale_id": shop.owed, "sale_line": line, "quantity": "1"} for line in (1, 2)]
    return {"location_id": shop.place, "lines": lines, "refund": {"method": "cash"}}


def _customer_payment(shop: Shop, _: int) -> dict[str, Any]:
    paid = {"direction": "in", "contact_id": shop.customer, "method": "cash", "amount": "3.00"}
    return {
        **paid,
        "allocations": [{"document_id": shop.owed, "amount": "2.00"}],
        "excess": "credit",
    }


def _adjustment(shop: Shop, _: int) -> dict[str, Any]:
    return {"location_id": shop.place, "reason": "theft", "lines": shop.lines("-1", "-2")}


def _scrap(shop: Shop, _: int) -> dict[str, Any]:
    return {"location_id": shop.place, "reason": "damaged", "lines": shop.lines("1", "2")}


def _transfer(shop: Shop, _: int) -> dict[str, Any]:
    shelf = shop.company.ids["/locations[('code', 'SHELF')]"]
    return {
        "from_location_id": shop.place,
        "to_location_id": shelf,
        "lines": shop.lines("1", "2"),
    }


def _entry(shop: Shop, _: int) -> dict[str, Any]:
    accounts = [shop.company.ids[f"/accounts[('role', '{role}')]"] for role in ("cash", "bank")]
    sides = ({"debit": "1.00"}, {"credit": "1.00"})
    lines = [{"account_id": each, **side} for each, side in zip(accounts, sides, strict=True)]
    return {"memo": "By hand", "lines": lines}


def _batch(atomic: bool) -> _Body:
    def body(shop: Shop, number: int) -> dict[str, Any]:
        keys = [f"item-{number}-{each}" for each in range(TOGETHER)]
        return {"atomic": atomic, "items": [shop.sale(idempotency_key=key) for key in keys]}

    return body


async def _reversals(shop: Shop, first: int, count: int) -> list[Requests]:
    """Each of an entry of its own."""
    made = []
    for number in range(first, first + count):
        entry = await shop.company.post("/journal-entries", _entry(shop, number))
        made.append([Request(f"/journal-entries/{entry['id']}/reverse", {}, f"key-{number}")])
    return made


def _month(number: int) -> str:
    """The path of a month long before the first posting."""
    return f"/periods/{1950 + number // 12}-{number % 12 + 1:02d}"


async def _closings(_: Shop, first: int, count: int) -> list[Requests]:
    """One month after the other."""
    return [
        [Request(f"{_month(number)}/close", {}, f"key-{number}")]
        for number in range(first, first + count)
    ]


async def _reopenings(shop: Shop, first: int, count: int) -> list[Requests]:
    """From the latest closed month back to the first."""
    for number in range(count):
        await shop.company.post(f"{_month(number)}/close", {}, status=200)
    return [
        [Request(f"{_month(number)}/reopen", {"reason": "A late bill"}, f"key-{first + number}")]
        for number in reversed(range(count))
    ]


async def _changes(shop: Shop, first: int, count: int) -> list[Requests]:
    """Each of a product of its own."""
    made = []
    for number in range(first, first + count, 100):
        skus = [f"OLD-{each}" for each in range(number, min(number + 100, first + count))]
        answer = await make_products(shop.company, *({"sku": each} for each in skus))
        made += [item["body"]["id"] for item in answer.json()["items"]]
    return [
        [_changed(f"/products/{id_}", f"key-{number}")]
        for number, id_ in enumerate(made, start=first)
    ]


def _changed(path: str, key: str) -> Request:
    body = {"name": "Other", "price": "4.00"}
    return Request(path, body, key, "PATCH", (("If-Match", '"1"'),))


async def _at_once(shop: Shop, first: int, count: int) -> list[Requests]:
    """The first runs alone, the others wait for it and share a transaction."""
    return [
        [Request("/sales", shop.sale(), f"key-{number}-{each}") for each in range(TOGETHER)]
        for number in range(first, first + count)
    ]


COMMANDS: dict[str, Make] = {
    "product": _posted("/products/batch", _product),
    "receipt": _posted("/receipts", _receipt),
    "bill": _posted("/bills", _bill),
    "supplier-payment": _posted("/payments", _supplier_payment),
    "supplier-return": _posted("/supplier-returns", _supplier_return),
    "cash-sale": _posted("/sales", _cash_sale),
    "credit-sale": _posted("/sales", _credit_sale),
    "sale-return": _posted("/returns", _sale_return),
    "customer-payment": _posted("/payments", _customer_payment),
    "adjustment": _posted("/adjustments", _adjustment),
    "scrap": _posted("/scraps", _scrap),
    "transfer": _posted("/transfers", _transfer),
    "journal-entry": _posted("/journal-entries", _entry),
    "reversal": _reversals,
    "close": _closings,
    "reopen": _reopenings,
    "batch": _posted("/sales/batch", _batch(atomic=False)),
    "atomic-batch": _posted("/sales/batch", _batch(atomic=True)),
    "product-change": _changes,
    "sales-at-once": _at_once,
}
