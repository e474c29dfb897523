"""The entries of the catalogue of routes that post documents, and of the months of the books."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tests.support.company import Company
from tests.support.route import API, Route, Valid, tag

GOODS_IN: Final = "2026-03-01T09:00:00Z"
BOUGHT: Final = "2026-03-10T09:30:00Z"
LATER: Final = "2026-03-20T16:45:00Z"
CLOSED_THROUGH: Final = "2000-12"  # before any month that the routes of periods take
_months = (f"{2001 + at // 12}-{at % 12 + 1:02d}" for at in itertools.count())

Body = Callable[[Company], Awaitable[dict[str, Any]]]


async def _goods(company: Company) -> tuple[str, dict[str, Any]]:
    """A product with 1000 pieces in stock, and their receipt."""
    product_id = await company.product(tag())
    receipt = await company.stock("1000", "1.00", product_id, effective_at=GOODS_IN)
    return product_id, receipt


async def adjustment(company: Company) -> dict[str, Any]:
    """An adjustment up and down."""
    product_id, _ = await _goods(company)
    return {
        "external_ref": tag(),
        "location_id": await company.location(),
        "effective_at": BOUGHT,
        "reason": "count",
        "memo": "Shelf 4",
        "lines": [{"product_id": product_id, "quantity": "2", "unit_cost": "1.50"}],
    }


async def scrap(company: Company) -> dict[str, Any]:
    """A scrap with the account of its cost."""
    product_id, _ = await _goods(company)
    return {
        "external_ref": tag(),
        "location_id": await company.location(),
        "effective_at": BOUGHT,
        "reason": "other",
        "account_id": await company.first("/accounts", code="6900"),
        "memo": "Given away",
        "lines": [{"product_id": product_id, "quantity": "1"}],
    }


async def transfer(company: Company) -> dict[str, Any]:
    """A transfer to a second location."""
    product_id, _ = await _goods(company)
    if "shelf" not in company.ids:
        made = await company.post("/locations", {"code": tag(), "name": "Shelf"})
        company.ids["shelf"] = made["id"]
    return {
        "external_ref": tag(),
        "from_location_id": await company.location(),
        "to_location_id": company.ids["shelf"],
        "effective_at": BOUGHT,
        "memo": "To the front",
        "lines": [{"product_id": product_id, "quantity": "1"}],
    }


async def receipt(company: Company) -> dict[str, Any]:
    """A receipt of one product."""
    product_id, made = await _goods(company)
    return {
        "external_ref": tag(),
        "supplier_id": made["supplier_id"],
        "location_id": await company.location(),
        "effective_at": BOUGHT,
        "lines": [{"product_id": product_id, "quantity": "4", "unit_cost": "1.20"}],
    }


async def _supplier_return(company: Company) -> Valid:
    _, made = await _goods(company)
    body = {
        "external_ref": tag(),
        "effective_at": BOUGHT,
        "receipt_id": made["id"],
        "lines": [{"receipt_line": 1, "quantity": "2"}],
    }
    return Valid("/supplier-returns", body)


async def _bill(company: Company) -> Valid:
    _, made = await _goods(company)
    line = {
        "receipt_id": made["id"],
        "receipt_line": 1,
        "quantity": "5",
        "unit_price": "1.10",
        "tax_id": await company.first("/taxes", code="VAT20"),
    }
    body = {
        "external_ref": tag(),
        "supplier_id": made["supplier_id"],
        "supplier_number": tag(),
        "effective_at": BOUGHT,
        "due_on": "2026-04-10",
        "lines": [line],
    }
    return Valid("/bills", body)


async def sale(company: Company) -> dict[str, Any]:
    """A sale, partly on account, with discounts on lines and on the whole."""
    product_id, _ = await _goods(company)
    return {
        "external_ref": tag(),
        "location_id": await company.location(),
        "customer_id": await company.contact("Customer"),
        "effective_at": BOUGHT,
        "lines": [
            {
                "product_id": product_id,
                "quantity": "20",
                "unit_price": "10.00",
                "discount_percent": "10",
                "discount_amount": "0.50",
                "tax_id": await company.first("/taxes", code="VAT20"),
                "description": "A cup",
            }
        ],
        "discount": {"percent": "1", "amount": "0.25"},
        "tenders": [{"method": "cash", "amount": "5.00"}, {"method": "on_account"}],
    }


async def _sold(company: Company) -> tuple[dict[str, Any], dict[str, Any]]:
    """A posted sale of 200 pieces on account: what was asked for, and the answer."""
    body = {**await sale(company), "tenders": [{"method": "on_account"}]}
    body["lines"][0]["quantity"] = "200"
    return body, await company.post("/sales", body)


async def taken_back(company: Company) -> dict[str, Any]:
    """A return of a sale line and of goods without a sale."""
    body, sold = await _sold(company)
    return {
        "external_ref": tag(),
        "location_id": body["location_id"],
        "customer_id": body["customer_id"],
        "effective_at": LATER,
        "lines": [
            {"sale_id": sold["id"], "sale_line": 1, "quantity": "2"},
            {
                "product_id": body["lines"][0]["product_id"],
                "quantity": "1",
                "unit_price": "9.00",
                "unit_cost": "1.00",
                "tax_id": body["lines"][0]["tax_id"],
            },
        ],
        "refund": {"method": "on_account"},
        "allocate": "oldest",
    }


async def payment(company: Company) -> dict[str, Any]:
    """A payment for a named sale, with something left as a credit."""
    body, sold = await _sold(company)
    return {
        "external_ref": tag(),
        "direction": "in",
        "contact_id": body["customer_id"],
        "method": "bank",
        "amount": "12.00",
        "effective_at": LATER,
        "allocations": [{"document_id": sold["id"], "amount": "10.00"}],
        "excess": "credit",
    }


async def allocation(company: Company) -> dict[str, Any]:
    """A credit of a customer matched with a sale."""
    body, sold = await _sold(company)
    credit = {
        "direction": "in",
        "contact_id": body["customer_id"],
        "method": "cash",
        "amount": "50.00",
        "effective_at": LATER,
        "allocate": "none",
        "excess": "credit",
    }
    paid = await company.post("/payments", credit)
    return {
        "contact_id": body["customer_id"],
        "side": "receivable",
        "effective_at": LATER,
        "lines": [{"credit_id": paid["id"], "debit_id": sold["id"], "amount": "3.00"}],
    }


async def _entry(company: Company) -> Valid:
    lines = [
        {"account_id": await company.first("/accounts", role="bank"), "debit": "7.00", "memo": "a"},
        {"account_id": await company.first("/accounts", role="rounding"), "credit": "7.00"},
    ]
    body = {"external_ref": tag(), "effective_at": BOUGHT, "memo": "Fees", "lines": lines}
    return Valid("/journal-entries", body)


async def _reversal(company: Company) -> Valid:
    valid = await _entry(company)
    made = await company.post(valid.path, valid.body)
    body = {"effective_at": LATER, "memo": "Posted by mistake"}
    return Valid(f"/journal-entries/{made['id']}/reverse", body)


async def _month(company: Company, *verbs: str) -> str:
    """The path of a later month, after these steps; closes months that a test reopened."""
    month = next(_months)
    months = await company.client.get(f"{API}/periods?status=open&limit=200")
    for each in months.json()["data"]:
        if each["period"] < month:
            await company.post(f"/periods/{each['period']}/close", {}, status=200)
    for verb in verbs:
        await company.post(f"/periods/{month}/{verb}", {}, status=200)
    return f"/periods/{month}"


async def _close(company: Company) -> Valid:
    return Valid(f"{await _month(company)}/close")


async def _lock(company: Company) -> Valid:
    return Valid(f"{await _month(company, 'close')}/lock")


async def _reopen(company: Company) -> Valid:
    return Valid(f"{await _month(company, 'close')}/reopen", {"reason": "A late bill"})


def _document(path: str, make: Body) -> list[Route]:
    """The route of a document and that of its batch."""

    async def single(company: Company) -> Valid:
        return Valid(path, await make(company))

    async def several(company: Company) -> Valid:
        items = [{**await make(company), "idempotency_key": tag()} for _ in range(2)]
        return Valid(f"{path}/batch", {"atomic": True, "items": items})

    batch = Route(f"POST {path}/batch", several, 200, "items", 2, 0, "one for each item")
    return [Route(f"POST {path}", single, 201, "required"), batch]


DOCUMENTS: Final = (
    *_document("/adjustments", adjustment),
    *_document("/scraps", scrap),
    *_document("/transfers", transfer),
    *_document("/receipts", receipt),
    Route("POST /supplier-returns", _supplier_return, 201, "required"),
    Route("POST /bills", _bill, 201, "required"),
    *_document("/sales", sale),
    *_document("/returns", taken_back),
    *_document("/payments", payment),
    *_document("/allocations", allocation),
    Route("POST /journal-entries", _entry, 201, "required"),
    Route("POST /journal-entries/{id}/reverse", _reversal, 201, "required"),
    Route("POST /periods/{period}/close", _close, 200),
    Route("POST /periods/{period}/lock", _lock, 200),
    Route("POST /periods/{period}/reopen", _reopen, 200),
)
