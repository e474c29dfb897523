"""The auditor against books whose documents were deleted."""

import sqlite3
from typing import Any

import asyncpg

from app.infrastructure.db.schema import driver_url
from tests.api.reports.test_reports import corrupt
from tests.support.company import Company

# Kinds of source, as entries and as moves name them, by the table of the document.
KINDS = {
    "sales": ("sale", "sale"),
    "returns": ("return", "sale_return"),
    "receipts": ("receipt", "receipt"),
    "supplier_returns": ("supplier_return", "supplier_return"),
    "bills": ("bill", None),
    "payments": ("payment", None),
    "adjustments": ("adjustment", "adjustment"),
}


async def counts(database_url: str, table: str) -> dict[str, int]:
    """Facts by the kind of their source, read as the owner."""
    statement = f"SELECT source_kind, count(*) FROM {table} GROUP BY source_kind"
    if database_url.startswith("sqlite"):
        file = sqlite3.connect(database_url.split("///", 1)[1])
        rows = file.execute(statement).fetchall()
        file.close()
    else:
        owner = await asyncpg.connect(driver_url(database_url))
        rows = [tuple(row) for row in await owner.fetch(statement)]
        await owner.close()
    return dict(rows)


async def trade(company: Company) -> None:
    """At least one document of each kind."""
    product_id = await company.product("GONE", price="5.00")
    await company.open_stock("3", "2.00", product_id)
    receipt = await company.stock("10", "2.00", product_id)
    supplier_id = receipt["supplier_id"]
    billed: dict[str, Any] = {"receipt_id": receipt["id"], "receipt_line": 1}
    bill = {**billed, "quantity": "9", "unit_price": "2.00"}
    numbered = {"supplier_id": supplier_id, "supplier_number": "S-1"}
    await company.post("/bills", {**numbered, "lines": [bill]})
    back = {"lines": [{"receipt_line": 1, "quantity": "1"}]}
    await company.post("/supplier-returns", {"receipt_id": receipt["id"], **back})
    paid = {"direction": "out", "contact_id": supplier_id, "method": "bank", "amount": "18.00"}
    await company.post("/payments", {**paid, "allocate": "oldest"})
    sale = await company.sell((product_id, "2"))
    returned = {"lines": [{"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}]}
    place = {"location_id": await company.location()}
    await company.post("/returns", {**place, **returned, "refund": {"method": "cash"}})
    accounts = [await company.first("/accounts", role=role) for role in ("cash", "sales")]
    lines = [
        {"account_id": accounts[0], "debit": "1.00"},
        {"account_id": accounts[1], "credit": "1.00"},
    ]
    await company.post("/journal-entries", {"memo": "By hand", "lines": lines})


async def test_the_auditor_finds_facts_whose_document_is_gone(
    own_database_url: str, own_company: Company
) -> None:
    """Every journal entry and stock move leads back to its document, kind by kind."""
    company = own_company
    await trade(company)
    await company.assert_sound()
    entries = await counts(own_database_url, "journal_entries")
    moves = await counts(own_database_url, "stock_moves")
    assert set(entries) == {"journal", *(kind for kind, _ in KINDS.values())}
    assert set(moves) == {kind for _, kind in KINDS.values() if kind is not None}
    lost_entries = lost_moves = 0
    for table, (entry_kind, move_kind) in KINDS.items():
        await corrupt(own_database_url, f"DELETE FROM {table}")
        lost_entries += entries[entry_kind]
        lost_moves += moves.get(move_kind or "", 0)
        report = await company.get("/reports/integrity")
        broken = {each["name"]: each["broken"] for each in report["checks"] if each["broken"]}
        assert broken["entries_have_documents"] == lost_entries
        assert broken["moves_have_documents"] == lost_moves
        assert {"entries_have_documents", "moves_have_documents"} <= set(broken)
    assert lost_entries == sum(entries.values()) - entries["journal"]
    first = next(
        each["first"] for each in report["checks"] if each["name"] == "moves_have_documents"
    )
    assert (first["found"] in moves, first["expected"]) == (True, "none")
