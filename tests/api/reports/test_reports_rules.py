"""Reports against their rules, over HTTP on both databases."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.support.company import Company

DECEMBER, JANUARY = "2025-12-10T12:00:00Z", "2026-01-10T12:00:00Z"
FUTURE = "2199-01-01T00:00:00Z"


async def pages(company: Company, path: str, **params: Any) -> list[Any]:
    """All rows of a list, one to a page."""
    rows: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await company.get(path, limit=1, **params, **cursor)
        rows += page["data"]
        if page["next_cursor"] is None:
            return rows
        cursor = {"cursor": page["next_cursor"]}


async def test_lists_known_at_a_later_instant_have_more_than_one_page(company: Company) -> None:
    """R-02, api.md (cursors): the instant is moved back for every page anew, the cursor holds."""
    one, two = await company.product("PG-1"), await company.product("PG-2")
    await company.stock("3", "1.00", one, two)
    for _ in range(3):
        await company.sell((one, "1"))
    stock = await company.first("/accounts", role="stock")
    ledger = await pages(company, "/reports/general-ledger", account_id=stock, as_known_at=FUTURE)
    assert [(line["debit"], line["credit"]) for line in ledger] == [
        ("6.00", "0.00"),
        ("0.00", "1.00"),
        ("0.00", "1.00"),
        ("0.00", "1.00"),
    ]
    values = await pages(company, "/reports/stock-valuation", as_known_at=FUTURE)
    assert [(line["sku"], line["value"]) for line in values] == [("PG-2", "3.00")]
    await company.stock("1", "1.00", one)
    values = await pages(company, "/reports/stock-valuation", as_known_at=FUTURE)
    assert [(line["sku"], line["value"]) for line in values] == [("PG-1", "1.00"), ("PG-2", "3.00")]
    page = await company.get("/reports/stock-valuation", limit=1, as_known_at=FUTURE)
    other = {"limit": 1, "cursor": page["next_cursor"], "as_known_at": "2198-01-01T00:00:00Z"}
    refused = await company.get("/reports/stock-valuation", status=400, **other)
    assert refused["code"] == "common.cursor_invalid"


async def test_no_report_of_the_past_sees_what_was_recorded_later(company: Company) -> None:
    """Domain-notes 3.0: facts for an earlier day, recorded later, change no answer as known then.

    Each report is asked for in both ways: as known then it stays as it was, now it differs.
    """
    product_id = await company.product("KNOWN", price="5.00")
    idle = await company.product("IDLE")
    await company.stock("10", "2.00", product_id, effective_at=DECEMBER)
    await company.sell((product_id, "2"), effective_at=JANUARY)
    cash = await company.first("/accounts", role="cash")
    january = {"effective_from": "2026-01-01", "effective_to": "2026-01-31"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/reports/trial-balance", {"as_of": "2026-01-31"}),
        ("/reports/profit-and-loss", january),
        ("/reports/balance-sheet", {"as_of": "2026-01-31"}),
        ("/reports/general-ledger", {"account_id": cash, **january}),
        ("/reports/stock-valuation", {"as_of": "2026-01-31"}),
        ("/reports/stock-totals", {"as_of": "2026-01-31"}),
        ("/reports/reconciliation", {"as_of": "2026-01-31"}),
    ]
    await asyncio.sleep(0.02)
    then = datetime.now(UTC).isoformat()
    await asyncio.sleep(0.02)
    past = [await company.get(path, as_known_at=then, **params) for path, params in asked]
    present = [await company.get(path, **params) for path, params in asked]
    await company.stock("1", "7.00", idle, effective_at=JANUARY)
    await company.sell((product_id, "1"), effective_at="2026-01-20T12:00:00Z")
    assert past == [await company.get(path, as_known_at=then, **params) for path, params in asked]
    now = [await company.get(path, **params) for path, params in asked]
    assert all(before != after for before, after in zip(present, now, strict=True))
    assert (past[5]["value"], now[5]["value"]) == ("16.00", "21.00")
    assert past[6]["ok"]
    assert now[6]["ok"]


async def test_a_total_counts_rows_and_not_what_a_row_sums_up(company: Company) -> None:
    """api.md (lists): ``total`` is the number of rows of all pages."""
    one, two = await company.product("TOT-1"), await company.product("TOT-2")
    await company.stock("3", "1.00", one, two)
    for _ in range(3):
        await company.sell((one, "1"))
    stock = await company.first("/accounts", role="stock")
    path = "/reports/general-ledger"
    ledger = await company.get(path, account_id=stock, include_total=True, limit=1)
    assert (len(ledger["data"]), ledger["total"]) == (1, 4)
    values = await company.get("/reports/stock-valuation", include_total=True, limit=1)
    assert (len(values["data"]), values["total"]) == (1, 1)


async def test_a_report_in_pages_states_the_instant_of_its_knowledge(company: Company) -> None:
    """R-02: an instant to come is moved back to the present, and the answer says so."""
    await company.stock("1", "1.00", await company.product("STATED"))
    asked = "2026-01-01T00:00:00Z"
    stated = await company.get("/reports/stock-valuation", as_known_at=asked)
    assert (stated["as_known_at"], stated["data"]) == (asked, [])
    moved = await company.get("/reports/stock-valuation", as_known_at=FUTURE)
    age = datetime.now(UTC) - datetime.fromisoformat(moved["as_known_at"])
    assert (0 <= age.total_seconds() < 60, len(moved["data"])) == (True, 1)
    assert (await company.get("/reports/stock-valuation"))["as_known_at"] is None
