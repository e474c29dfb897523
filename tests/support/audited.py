"""A company that has traded a month, for the tests of the auditor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.support.company import Company
from tests.support.corruption import Owner
from tests.support.ledger import Ledger


@dataclass
class Audited:
    """A company that has traded after ``began``, another one, and the owner of their database."""

    company: Company
    other: Company
    owner: Owner
    began: datetime


def at(day: int) -> str:
    """Noon of a day of the month that is closed in the end."""
    return f"2025-11-{day:02d}T12:00:00Z"


async def trade(company: Company, ledger: Ledger) -> None:
    """A month with a document of each kind, of goods at average cost and FIFO.

    The first receipt is folded into the checkpoint of the ledger.
    """
    tax_id = await company.first("/taxes", code="VAT20")
    supplier, customer = await company.contact("Supplier", "supplier"), await company.contact("C")
    company.ids["supplier"] = supplier
    taxed = {"price": "10.00", "tax_id": tax_id, "purchase_tax_id": tax_id}
    average = await company.product("AVERAGE", **taxed)
    fifo = await company.product("FIFO", costing="fifo", **taxed)
    receipt = await company.stock("10", "3.00", fifo, average, effective_at=at(2))
    await ledger.fold()
    await company.stock("4", "3.20", fifo, effective_at=at(3))
    sale = await company.sell((average, "2"), (fifo, "3"), effective_at=at(4))
    account: dict[str, Any] = {"customer_id": customer, "tenders": [{"method": "on_account"}]}
    owed = await company.sell((fifo, "4"), **account, effective_at=at(5))
    await company.sell((average, "1"), effective_at=at(5))
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    await company.take_back(line, effective_at=at(6))
    line = {"sale_id": owed["id"], "sale_line": 1, "quantity": "1"}
    refund: dict[str, Any] = {"refund": {"method": "on_account"}, "customer_id": customer}
    await company.take_back(line, **refund, effective_at=at(6))
    await buy(company, receipt["id"], supplier)
    await pay(company, customer, supplier)
    lost = {"reason": "theft", "lines": [{"product_id": average, "quantity": "-1"}]}
    place = {"location_id": await company.location(), "effective_at": at(10)}
    await company.post("/adjustments", {**place, **lost})
    goods = [{"product_id": average, "quantity": "1"}]
    await company.post("/scraps", {**place, "reason": "damaged", "lines": goods})
    shelf = (await company.post("/locations", {"code": "SHELF", "name": "Shelf"}))["id"]
    ways = {"from_location_id": place["location_id"], "to_location_id": shelf}
    await company.post("/transfers", {**ways, "effective_at": at(10), "lines": goods})
    accounts = [await company.first("/accounts", role=role) for role in ("cash", "sales")]
    sides = ({"debit": "1.00"}, {"credit": "1.00"})
    lines = [{"account_id": each, **side} for each, side in zip(accounts, sides, strict=True)]
    by_hand = {"memo": "By hand", "lines": lines, "effective_at": at(11)}
    entry = await company.post("/journal-entries", by_hand)
    await company.post(f"/journal-entries/{entry['id']}/reverse", {"effective_at": at(12)})
    await company.post("/periods/2025-11/close", {}, status=200)


async def buy(company: Company, receipt_id: str, supplier_id: str) -> None:
    """Bill the receipt at another price; goods go back, billed and not."""
    billed = [
        {"receipt_id": receipt_id, "receipt_line": line, "quantity": "9", "unit_price": price}
        for line, price in ((1, "3.10"), (2, "3.00"))
    ]
    numbered = {"supplier_id": supplier_id, "supplier_number": "S-1"}
    await company.post("/bills", {**numbered, "lines": billed, "effective_at": at(7)})
    back = {"lines": [{"receipt_line": line, "quantity": "2"} for line in (1, 2)]}
    await company.post(
        "/supplier-returns", {"receipt_id": receipt_id, **back, "effective_at": at(8)}
    )


async def pay(company: Company, customer_id: str, supplier_id: str) -> None:
    """Payments of both directions; what the customer paid is allocated later."""
    out = {"direction": "out", "contact_id": supplier_id, "method": "bank", "amount": "20.00"}
    await company.post("/payments", {**out, "allocate": "oldest", "effective_at": at(9)})
    paid = {"direction": "in", "contact_id": customer_id, "method": "bank", "amount": "5.00"}
    await company.post("/payments", {**paid, "allocate": "none", "effective_at": at(9)})
    matched = {"contact_id": customer_id, "side": "receivable", "effective_at": at(9)}
    await company.post("/allocations", matched)
