"""Reports on both time axes, on both databases, and the proof that they find what is wrong."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import Any

import asyncpg

from app.infrastructure.db.schema import driver_url
from tests.support.company import Company

DECEMBER, JANUARY = "2025-12-10T12:00:00Z", "2026-01-10T12:00:00Z"


async def trade(company: Company) -> str:
    """Buy in December, sell in December and January."""
    product_id = await company.product("REP", price="5.00")
    await company.stock("10", "2.00", product_id, effective_at=DECEMBER)
    await company.sell((product_id, "2"), effective_at=DECEMBER)
    await company.sell((product_id, "3"), effective_at=JANUARY)
    return product_id


async def test_statements_as_of_a_day(company: Company) -> None:
    """December holds what was effective in December, whenever it was recorded."""
    await trade(company)
    assert await company.balances(as_of="2025-12-31") == {
        "cash": "10.00",
        "stock": "16.00",
        "grni": "-20.00",
        "sales": "-10.00",
        "cost_of_goods_sold": "4.00",
    }
    january: Any = {"effective_from": "2026-01-01", "effective_to": "2026-01-31"}
    profit = await company.get("/reports/profit-and-loss", **january)
    assert (profit["total_income"], profit["total_expenses"], profit["net_profit"]) == (
        "15.00",
        "6.00",
        "9.00",
    )
    sheet = await company.get("/reports/balance-sheet", as_of="2026-01-31")
    assert sheet["total_assets"] == "35.00"
    assert (sheet["total_liabilities"], sheet["current_earnings"]) == ("20.00", "15.00")
    assert sheet["total_equity"] == "15.00"
    january["effective_from"] = "2026-02-01"
    refused = await company.get("/reports/profit-and-loss", status=422, **january)
    assert refused["errors"][0]["parameter"] == "effective_to"


async def test_the_ledger_leads_back_to_the_documents(company: Company) -> None:
    await trade(company)
    sales = (await company.get("/sales", sort="effective_on"))["data"]
    account_id = await company.first("/accounts", role="sales")
    ledger = await company.get("/reports/general-ledger", account_id=account_id, limit=1)
    assert ledger["has_more"]
    first = ledger["data"][0]
    assert (first["source_kind"], first["source_id"], first["credit"]) == (
        "sale",
        sales[0]["id"],
        "10.00",
    )
    entry = await company.get(f"/journal-entries/{first['entry_id']}")
    assert first["recorded_at"] == entry["recorded_at"]
    assert first["recorded_at"].endswith("Z")
    rest = await company.get(
        "/reports/general-ledger", account_id=account_id, cursor=ledger["next_cursor"]
    )
    assert [line["source_id"] for line in rest["data"]] == [sales[1]["id"]]


async def test_stock_at_any_date(company: Company) -> None:
    product_id = await trade(company)
    december = await company.get("/reports/stock-valuation", as_of="2025-12-31")
    assert december["data"] == [
        {
            "product_id": product_id,
            "sku": "REP",
            "quantity": "8",
            "value": "16.00",
            "unit_cost": "2.00",
        }
    ]
    totals = await company.get("/reports/stock-totals")
    assert (totals["product_count"], totals["value"]) == (1, "10.00")


async def test_what_was_known_then_does_not_change(company: Company) -> None:
    """Architecture 3, R-02: a later entry for an earlier day does not touch past knowledge."""
    product_id = await trade(company)
    await asyncio.sleep(0.05)
    then = datetime.now(UTC).isoformat()
    await asyncio.sleep(0.05)
    before = await company.balances(as_of="2026-01-31", as_known_at=then)
    await company.sell((product_id, "1"), effective_at="2026-01-20T12:00:00Z")
    assert await company.balances(as_of="2026-01-31", as_known_at=then) == before
    assert (await company.balances(as_of="2026-01-31"))["sales"] == "-30.00"
    known = await company.get("/reports/trial-balance", as_known_at="2199-01-01T00:00:00Z")
    assert known["as_known_at"] < "2199"
    totals = await company.get("/reports/stock-totals", as_known_at=then)
    assert totals["value"] == "10.00"


async def corrupt(database_url: str, *statements: str) -> None:
    """Change rows behind the service's back, as the owner, with the guards off."""
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.split("///", 1)[1])
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return
    owner = await asyncpg.connect(driver_url(database_url))
    await owner.execute("SET session_replication_role = replica")
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def test_reconciliation_names_the_first_document_that_breaks(
    own_database_url: str, own_company: Company
) -> None:
    """S0-55: a wrong valuation is found, with its document and both sides."""
    company = own_company
    await trade(company)
    await company.assert_sound()
    sale = (await company.get("/sales", sort="effective_on"))["data"][0]
    await corrupt(
        own_database_url,
        "UPDATE valuations SET value = value - 1 WHERE kind = 'issue' AND seq = 2",
    )
    report = await company.get("/reports/reconciliation")
    broken = {check["name"]: check for check in report["checks"] if check["first_offender"]}
    assert not report["ok"]
    assert set(broken) == {"stock_value"}
    assert broken["stock_value"]["difference"] == "-0.01"
    assert broken["stock_value"]["first_offender"] == {
        "source_kind": "sale",
        "source_id": sale["id"],
        "sub_ledger": "-4.01",
        "ledger": "-4.00",
    }
    assert (await company.get("/reports/reconciliation", as_of="2025-12-09"))["ok"]


async def test_the_auditor_finds_each_kind_of_corruption(
    own_database_url: str, own_company: Company
) -> None:
    """RL-01: one row of each kind is corrupted, and exactly its invariant breaks."""
    company = own_company
    product_id = await company.product("FIFO", costing="fifo", price="5.00")
    await company.stock("10", "2.00", product_id)
    customer_id = await company.contact("Customer")
    account: Any = {"customer_id": customer_id, "tenders": [{"method": "on_account"}]}
    await company.sell((product_id, "2"), **account)
    paid = {"direction": "in", "contact_id": customer_id, "method": "bank", "amount": "4.00"}
    await company.post("/payments", {**paid, "allocate": "oldest"})
    await company.assert_sound()
    cases = {
        "entries_balance": "UPDATE journal_lines SET amount = amount + {0} WHERE amount = 1000",
        "levels_are_moves": "UPDATE stock_levels SET on_hand = on_hand + {0}",
        "pool_value_is_valuations": "UPDATE valuations SET value = value + {0} WHERE seq = 1",
        "layers_are_fifo_pools": "UPDATE cost_layers SET value = value + {0}",
        "settled_is_allocations": "UPDATE open_items SET settled = settled + {0} WHERE amount > 0",
    }
    for name, statement in cases.items():
        await corrupt(own_database_url, statement.format(1))
        report = await company.get("/reports/integrity")
        broken = [check["name"] for check in report["checks"] if check["broken"]]
        assert broken == [name]
        assert next(c for c in report["checks"] if c["name"] == name)["first"] is not None
        await corrupt(own_database_url, statement.format(-1).replace("= 1000", "= 1001"))
    await company.assert_sound()
