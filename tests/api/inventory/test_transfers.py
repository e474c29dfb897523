"""POST /transfers over HTTP, on both databases."""

import asyncio
from typing import Any

from tests.support.company import Company
from tests.support.stock import on_hand


async def shelf(company: Company) -> str:
    made = await company.post("/locations", {"code": "SHELF", "name": "Shelf"})
    found: str = made["id"]
    return found


async def transfer(
    company: Company, to: str, *lines: tuple[str, str], status: int = 201, **members: Any
) -> Any:
    body = {
        "from_location_id": await company.location(),
        "to_location_id": to,
        "lines": [{"product_id": each, "quantity": quantity} for each, quantity in lines],
    }
    return await company.post("/transfers", {**body, **members}, status=status)


async def test_goods_change_place_and_keep_their_value(company: Company) -> None:
    """One cost pool: no entry, no valuation, the same reports of value."""
    tea, main, to = await company.product("TEA"), await company.location(), await shelf(company)
    await company.open_stock("5", "1.10", tea)
    before = await company.balances()
    entries = (await company.get("/journal-entries"))["data"]
    posted = await transfer(company, to, (tea, "2"), (tea, "1"), memo="To the front")
    assert posted["number"].startswith("TRF/")
    assert posted["number"].endswith("/MAIN/000001")
    assert (posted["from_location_id"], posted["to_location_id"]) == (main, to)
    assert [(line["line"], line["quantity"]) for line in posted["lines"]] == [(1, "2"), (2, "1")]
    assert await company.get(f"/transfers/{posted['id']}") == posted
    assert await on_hand(company, tea) == {main: "2", to: "3"}
    moves = (await company.get("/stock-moves", source_id=posted["id"]))["data"]
    assert [(each["location_id"], each["quantity"], each["line"]) for each in moves] == [
        (main, "-2", 1),
        (to, "2", 1),
        (main, "-1", 2),
        (to, "1", 2),
    ]
    assert {each["source_kind"] for each in moves} == {"transfer"}
    assert await company.balances() == before
    assert (await company.get("/journal-entries"))["data"] == entries
    [listed] = (await company.get("/transfers", to_location_id=to))["data"]
    assert listed == {name: value for name, value in posted.items() if name != "lines"}
    assert (await company.get("/transfers", from_location_id=to))["data"] == []
    await company.assert_sound()


async def test_a_transfer_leads_elsewhere_with_goods_that_are_there(company: Company) -> None:
    tea, main, to = await company.product("TEA"), await company.location(), await shelf(company)
    await company.open_stock("1", "1.00", tea)
    refused = await transfer(company, main, (tea, "1"), status=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == (
        "inventory.transfer_to_itself",
        "/to_location_id",
    )
    refused = await transfer(company, to, (tea, "2"), status=409)
    assert refused["code"] == "inventory.insufficient_stock"
    service = await company.product("ADVICE", kind="service")
    refused = await transfer(company, to, (service, "1"), status=422)
    assert refused["code"] == "catalog.not_stocked"
    made = await company.client.get(f"/api/v1/locations/{to}")
    headers = {"If-Match": made.headers["etag"]}
    await company.client.post(f"/api/v1/locations/{to}/deactivate", headers=headers)
    refused = await transfer(company, to, (tea, "1"), status=409)
    assert refused["code"] == "inventory.location_inactive"
    assert await on_hand(company, tea) == {main: "1"}
    assert (await company.get("/transfers"))["data"] == []


async def test_transfers_both_ways_at_once(company: Company) -> None:
    """Levels are locked in one order: nobody waits for the other for ever, nothing is lost."""
    tea, main, to = await company.product("TEA"), await company.location(), await shelf(company)
    await company.open_stock("20", "1.00", tea)
    await transfer(company, to, (tea, "10"))
    back: dict[str, Any] = {"from_location_id": to, "to_location_id": main}
    await asyncio.gather(
        *(transfer(company, to, (tea, "1")) for _ in range(8)),
        *(transfer(company, main, (tea, "1"), **back) for _ in range(8)),
    )
    assert await on_hand(company, tea) == {main: "10", to: "10"}
    numbers = [each["number"] for each in (await company.get("/transfers"))["data"]]
    assert len(set(numbers)) == 17
    await company.assert_sound()
