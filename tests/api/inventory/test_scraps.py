"""POST /scraps over HTTP, on both databases."""

import asyncio
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.stock import on_hand

SCRAP_ID = "scr_01JZ8B6Q0G3V5W7X9YABCDEFGH"


async def scrap(
    company: Company, reason: str, *lines: tuple[str, str], status: int = 201, **members: Any
) -> Any:
    body = {
        "location_id": await company.location(),
        "reason": reason,
        "lines": [{"product_id": each, "quantity": quantity} for each, quantity in lines],
    }
    return await company.post("/scraps", {**body, **members}, status=status)


@pytest.mark.parametrize(
    ("reason", "role"),
    [
        ("damaged", "shrinkage"),
        ("expired", "shrinkage"),
        ("obsolete", "shrinkage"),
        ("sample", "marketing_and_samples"),
    ],
)
async def test_the_cost_goes_to_the_account_of_the_reason(
    company: Company, reason: str, role: str
) -> None:
    tea = await company.product("TEA")
    await company.open_stock("3", "1.10", tea)
    posted = await scrap(company, reason, (tea, "2"), memo="Wet")
    assert posted["number"].endswith("/MAIN/000001")
    assert posted["number"].startswith("SCR/")
    account_id = await company.first("/accounts", role=role)
    assert (posted["status"], posted["reason"], posted["account_id"], posted["memo"]) == (
        "posted",
        reason,
        account_id,
        "Wet",
    )
    assert (posted["cost"], posted["currency"]) == ("2.20", "GBP")
    assert posted["lines"] == [{"line": 1, "product_id": tea, "quantity": "2", "cost": "2.20"}]
    assert await company.get(f"/scraps/{posted['id']}") == posted
    assert await on_hand(company, tea) == {await company.location(): "1"}
    assert await company.balances() == {
        "stock": "1.10",
        "opening_balances": "-3.30",
        role: "2.20",
    }
    [listed] = (await company.get("/scraps", reason=reason))["data"]
    assert listed == {name: value for name, value in posted.items() if name != "lines"}
    assert (await company.get("/scraps", account_id=account_id))["data"] == [listed]
    ledger = await company.get("/reports/general-ledger", account_id=account_id)
    [line] = ledger["data"]
    assert (line["source_kind"], line["source_id"]) == ("scrap", posted["id"])
    assert (line["debit"], line["credit"]) == ("2.20", "0.00")
    entry = await company.get(f"/journal-entries/{posted['entry_id']}")
    assert (entry["source_kind"], entry["source_id"]) == ("scrap", posted["id"])
    assert (entry["total"], entry["memo"]) == ("2.20", posted["number"])
    [move] = (await company.get("/stock-moves", source_id=posted["id"]))["data"]
    assert (move["quantity"], move["source_kind"], move["line"]) == ("-2", "scrap", 1)
    await company.assert_sound()


async def test_another_reason_states_its_account(company: Company) -> None:
    tea = await company.product("TEA")
    await company.open_stock("3", "1.00", tea)
    refused = await scrap(company, "other", (tea, "1"), status=422)
    assert refused["code"] == "inventory.scrap_account_needed"
    assert refused["errors"][0]["pointer"] == "/account_id"
    stock = await company.first("/accounts", role="stock")
    refused = await scrap(company, "other", (tea, "1"), status=422, account_id=stock)
    assert (refused["code"], refused["errors"][0]["pointer"]) == (
        "accounting.control_account",
        "/account_id",
    )
    given_away = await company.first("/accounts", code="6900")
    posted = await scrap(company, "other", (tea, "1"), account_id=given_away)
    assert posted["account_id"] == given_away
    assert (await company.balances())["6900"] == "1.00"
    assert (await company.get("/scraps"))["data"][0]["id"] == posted["id"]
    await company.assert_sound()


async def test_fifo_goods_leave_at_the_cost_of_their_layers(company: Company) -> None:
    tea = await company.product("TEA", costing="fifo")
    await company.open_stock("2", "1.00", tea)
    await company.open_stock("2", "3.00", tea)
    posted = await scrap(company, "damaged", (tea, "1"), (tea, "2"))
    assert [line["cost"] for line in posted["lines"]] == ["1.00", "4.00"]
    await company.assert_sound()


async def test_nothing_is_scrapped_that_is_not_there(company: Company) -> None:
    """Every short line is named, and nothing happens at all."""
    tea, mug = await company.product("TEA"), await company.product("MUG")
    await company.open_stock("1", "1.00", tea)
    before = await company.balances()
    refused = await scrap(company, "damaged", (tea, "1"), (mug, "1"), (tea, "1"), status=409)
    assert refused["code"] == "inventory.insufficient_stock"
    assert [each["pointer"] for each in refused["errors"]] == [
        "/lines/0/quantity",
        "/lines/1/quantity",
        "/lines/2/quantity",
    ]
    for wrong in ("0", "-1", "0.5"):
        await scrap(company, "damaged", (tea, wrong), status=422)
    assert await company.balances() == before
    assert (await company.get("/scraps"))["data"] == []


async def test_one_id_is_one_scrap(company: Company) -> None:
    tea = await company.product("TEA")
    await company.open_stock("10", "1.00", tea)
    own: dict[str, Any] = {"id": SCRAP_ID, "external_ref": "bin-7"}
    first = await scrap(company, "damaged", (tea, "1"), **own)
    again = await asyncio.gather(
        *(scrap(company, "damaged", (tea, "1"), status=200, **own) for _ in range(8))
    )
    assert all(each == first for each in again)
    for change in ({"reason": "expired"}, {"memo": "x"}, {"external_ref": None}):
        body: dict[str, Any] = {"reason": "damaged", **own, **change}
        reason = body.pop("reason")
        refused = await scrap(company, reason, (tea, "1"), status=409, **body)
        assert refused["code"] == "common.id_taken"
    refused = await scrap(company, "damaged", (tea, "1"), status=409, external_ref="bin-7")
    assert refused["code"] == "common.external_ref_taken"
    assert await on_hand(company, tea) == {await company.location(): "9"}
    trail = (await company.get("/audit-entries", entity_kind="scrap"))["data"]
    assert [each["changes"] for each in trail] == [
        {"number": first["number"], "reason": "damaged", "cost": "1.00", "currency": "GBP"}
    ]
